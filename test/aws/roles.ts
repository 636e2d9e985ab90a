import type { AwsAction } from './aws-action.ts'
import { accessKeyOf, region } from './moto.ts'
import type { Grant } from './stack.ts'

/** Whether the role of the function that signed allows the call. Who signs with another key is no function. */
export function isGranted(grants: ReadonlyMap<string, readonly Grant[]>, call: AwsAction): boolean {
  const own = [...grants].find(([name]) => accessKeyOf(name) === call.by)
  return own === undefined || own[1].some((grant) => allows(grant, call))
}

function allows({ action, resource }: Grant, call: AwsAction): boolean {
  const [before = '', ...after] = resource.split('*')
  const arn = arnOf(call)
  const isMatch =
    after.length === 0 ? arn === before : arn.startsWith(before) && arn.endsWith(after.at(-1) ?? '')
  return action === call.action && isMatch
}

function arnOf({ action, resource }: AwsAction): string {
  const [service = ''] = action.split(':')
  if (service === 's3') return `arn:aws:s3:::${resource}`
  if (resource.startsWith('arn:')) return resource
  const names: Readonly<Record<string, string>> = {
    secretsmanager: `secret:${resource}-AbCdEf`,
    ssm: `parameter${resource}`,
    eks: `cluster/${resource}`,
    kms: `key/${resource}`,
  }
  return `arn:aws:${service}:${region}:123456789012:${names[service] ?? resource}`
}
