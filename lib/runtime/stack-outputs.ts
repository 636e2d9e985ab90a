import { elementOf, unescapeXml } from '../store/s3-call.ts'
import type { AwsCall } from './aws-call.ts'

/** What a deployed stack says of itself, `StateBucketName` for instance. Throws where there is no such stack. */
export async function readStackOutputs(
  call: AwsCall,
  region: string,
  stack: string,
): Promise<ReadonlyMap<string, string>> {
  const fields = { Action: 'DescribeStacks', Version: '2010-05-15', StackName: stack }
  const { status, body } = await call({
    service: 'cloudformation',
    region,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    timeoutMs: 20_000,
    maxBytes: 1024 * 1024,
  })
  const xml = new TextDecoder().decode(body)
  if (status >= 300) {
    const why = unescapeXml(elementOf(xml, 'Message') ?? `status ${status}`)
    throw new Error(
      `stack ${stack} in ${region} cannot be read: ${why}; correct --stage or --region`,
    )
  }
  const outputs = xml.split('<OutputKey>').slice(1)
  return new Map(
    outputs.map((text) => [
      unescapeXml(text.slice(0, text.indexOf('</OutputKey>'))),
      unescapeXml(elementOf(text, 'OutputValue') ?? ''),
    ]),
  )
}
