import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type Statement = {
  readonly actions: readonly string[]
  /** Logical ids that stand in the resources, or the texts themselves. */
  readonly resources: readonly string[]
}

export type Template = {
  readonly resources: ReadonlyMap<string, Resource>
  /** Names of what the stack says of itself. */
  readonly outputs: readonly string[]
}

export type Resource = {
  readonly type: string
  readonly properties: Fields
  /** Logical ids. */
  readonly dependsOn: readonly string[]
}

export type Fields = ReadonlyMap<string, unknown>

const packager = 'infra/packager/node_modules/osls/bin/serverless.js'

/** Why no template can be made here; undefined where one can. */
export function whyNoTemplate(): string | undefined {
  return existsSync(packager) ? undefined : 'the packager is missing: npm run package installs it'
}

/** The CloudFormation that osls makes of serverless.yml, offline; `dist/functions` must be there. */
export function packageTemplate(
  directory: string,
  options: { readonly directory?: string; readonly stage?: string } = {},
): Template {
  const { directory: cwd = '.', stage = 'dev' } = options
  const args = [resolve(packager), 'package', '--package', directory, '--stage', stage]
  const run = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1' },
  })
  if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`)
  const text = readFileSync(join(directory, 'cloudformation-template-update-stack.json'), 'utf8')
  const parsed = fieldsOf(JSON.parse(text))
  const resources = [...fieldsOf(parsed.get('Resources'))].map(
    ([id, value]): [string, Resource] => {
      const fields = fieldsOf(value)
      const properties = fieldsOf(fields.get('Properties'))
      const dependsOn = listOf(fields.get('DependsOn')).map(String)
      return [id, { type: String(fields.get('Type')), properties, dependsOn }]
    },
  )
  const outputs = [...fieldsOf(parsed.get('Outputs')).keys()]
  return { resources: new Map(resources), outputs }
}

/** What a policy, or the inline policies of a role, allow. */
export function statementsOf({ type, properties }: Resource): readonly Statement[] {
  const policies = type === 'AWS::IAM::Policy' ? [properties] : listOf(properties.get('Policies'))
  return policies.flatMap((policy) => {
    const fields = policy === properties ? properties : fieldsOf(policy)
    const document = fieldsOf(fields.get('PolicyDocument'))
    return listOf(document.get('Statement')).map((statement) => ({
      actions: listOf(fieldsOf(statement).get('Action')).map(String),
      resources: listOf(fieldsOf(statement).get('Resource')).map(nameOf),
    }))
  })
}

export function fieldsOf(value: unknown): Fields {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** `Fn::GetAtt` and `Ref` by their logical id; other intrinsics as their text. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') return value
  const [[verb, target] = ['', '']] = [...fieldsOf(value)]
  if (verb === 'Fn::GetAtt') return String(listOf(target)[0])
  return typeof target === 'string' ? target : JSON.stringify(value)
}
