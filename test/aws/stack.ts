import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AwsCall } from '../../lib/runtime/aws-call.ts'
import { fieldsOf, listOf } from '../functions/template.ts'
import type { EventSource } from './event-source.ts'
import type { LambdaConfiguration } from './lambda.ts'
import type { PackagedStack } from './package-stack.ts'
import { callJson, callQuery, callRest, callS3 } from './requests.ts'
import { createQueue, queueAttributes } from './sqs.ts'

/** The stack as moto holds it, made from its own CloudFormation. */
export type Stack = {
  readonly stateBucket: string
  /** URLs of queues by their logical id. */
  readonly queues: ReadonlyMap<string, string>
  readonly functions: ReadonlyMap<string, LambdaConfiguration>
  /** By the name of the function that they wake. */
  readonly eventSources: ReadonlyMap<string, readonly EventSource[]>
  /** What each function's role allows, its names and ARNs resolved. */
  readonly grants: ReadonlyMap<string, readonly Grant[]>
  /** Takes what the rule for objects of buckets sends to the function `bucket`. */
  readonly bucketEventsUrl: string
  /** Types of the template that moto left out. */
  readonly leftOut: readonly string[]
}

export type Grant = { readonly action: string; readonly resource: string }

const stackName = 'driftless-dev'

/** As a deployment does it: the bucket first, then the zips, then everything else. */
export async function createStack(call: AwsCall, packaged: PackagedStack): Promise<Stack> {
  await changeStack(call, 'CreateStack', packaged.createTemplate)
  const uploads = (await resourcesOf(call)).get('ServerlessDeploymentBucket') ?? ''
  const template = readTemplate(packaged.updateTemplate)
  const resources = fieldsOf(template.get('Resources'))
  for (const [name, zip] of packaged.zips) {
    const lambda = fieldsOf(resources.get(`${titled(name)}LambdaFunction`))
    const key = String(fieldsOf(fieldsOf(lambda.get('Properties')).get('Code')).get('S3Key'))
    await callS3(call, 'PUT', uploads, { key, body: readFileSync(zip) })
  }
  await changeStack(call, 'UpdateStack', JSON.stringify(withQueueNames(template)))
  const made = await resourcesOf(call)
  const typeOf = (id: string): string => String(fieldsOf(resources.get(id)).get('Type'))
  const ids = [...resources.keys()]
  const queueIds = ids.filter((id) => typeOf(id) === 'AWS::SQS::Queue')
  // What stands under a condition is not asked for here.
  const isAsked = (id: string): boolean => !fieldsOf(resources.get(id)).has('Condition')
  const leftOut = ids.filter((id) => isAsked(id) && !made.has(id)).map(typeOf)
  return {
    stateBucket: made.get('StateBucket') ?? '',
    queues: new Map(queueIds.map((id) => [id, made.get(id) ?? ''])),
    functions: await functionsOf(call, packaged),
    eventSources: await eventSourcesOf(call, [...packaged.zips.keys()]),
    grants: await grantsOf(call, [...packaged.zips.keys()], made),
    bucketEventsUrl: await tapRule(call),
    leftOut: [...new Set(leftOut)].sort(),
  }
}

type Fields = ReturnType<typeof fieldsOf>

function readTemplate(text: string): Fields {
  return fieldsOf(JSON.parse(text))
}

/** CloudFormation names a FIFO queue that has no name `….fifo`; moto does not, and then refuses it. */
function withQueueNames(template: Fields): Readonly<Record<string, unknown>> {
  const resources = [...fieldsOf(template.get('Resources'))].map(([id, resource]) => {
    const fields = fieldsOf(resource)
    const properties = fieldsOf(fields.get('Properties'))
    if (properties.get('FifoQueue') !== true) return [id, resource]
    const named = { ...Object.fromEntries(properties), QueueName: `${stackName}-${id}.fifo` }
    return [id, { ...Object.fromEntries(fields), Properties: named }]
  })
  return { ...Object.fromEntries(template), Resources: Object.fromEntries(resources) }
}

async function changeStack(call: AwsCall, action: string, template: string): Promise<void> {
  await callQuery(call, 'cloudformation', {
    Action: action,
    Version: '2010-05-15',
    StackName: stackName,
    TemplateBody: template,
    'Capabilities.member.1': 'CAPABILITY_IAM',
  })
}

/** Physical ids by logical ids, of what moto made; empty where it tells none. */
async function resourcesOf(call: AwsCall): Promise<ReadonlyMap<string, string>> {
  const xml = await callQuery(call, 'cloudformation', {
    Action: 'DescribeStackResources',
    Version: '2010-05-15',
    StackName: stackName,
  })
  const made = xml.split('<member>').flatMap((member): [string, string][] => {
    const [, logical] = /<LogicalResourceId>([^<]+)</.exec(member) ?? []
    const [, physical] = /<PhysicalResourceId>([^<]+)</.exec(member) ?? []
    return logical === undefined ? [] : [[logical, physical ?? '']]
  })
  return new Map(made)
}

async function functionsOf(
  call: AwsCall,
  { folders }: PackagedStack,
): Promise<ReadonlyMap<string, LambdaConfiguration>> {
  const functions = new Map<string, LambdaConfiguration>()
  for (const [name, folder] of folders) {
    const path = `/2015-03-31/functions/${stackName}-${name}/configuration`
    const found = fieldsOf(await callRest(call, 'lambda', 'GET', path))
    const variables = fieldsOf(fieldsOf(found.get('Environment')).get('Variables'))
    functions.set(name, {
      name,
      folder,
      functionName: String(found.get('FunctionName')),
      functionArn: String(found.get('FunctionArn')),
      handler: String(found.get('Handler')),
      timeoutSeconds: Number(found.get('Timeout')),
      memoryMb: Number(found.get('MemorySize')),
      environment: Object.fromEntries([...variables].map(([key, value]) => [key, String(value)])),
    })
  }
  return functions
}

async function eventSourcesOf(
  call: AwsCall,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly EventSource[]>> {
  const { EventSourceMappings } = await callRest(
    call,
    'lambda',
    'GET',
    '/2015-03-31/event-source-mappings/',
  )
  const mappings = listOf(EventSourceMappings).map(fieldsOf)
  const sources = names.map(async (name) => {
    const own = mappings.filter((mapping) =>
      String(mapping.get('FunctionArn')).endsWith(`:${stackName}-${name}`),
    )
    return [name, await Promise.all(own.map((mapping) => eventSource(call, mapping)))] as const
  })
  return new Map(await Promise.all(sources))
}

async function eventSource(call: AwsCall, mapping: Fields): Promise<EventSource> {
  const queueArn = String(mapping.get('EventSourceArn'))
  const asked = { QueueName: queueArn.split(':').at(-1) }
  const { QueueUrl } = await callJson(call, 'sqs', 'AmazonSQS.GetQueueUrl', asked)
  return {
    queueArn,
    queueUrl: String(QueueUrl),
    batchSize: Number(mapping.get('BatchSize')),
    reportsFailures: listOf(mapping.get('FunctionResponseTypes')).includes(
      'ReportBatchItemFailures',
    ),
  }
}

async function grantsOf(
  call: AwsCall,
  names: readonly string[],
  made: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly Grant[]>> {
  const grants = names.map(async (name) => {
    const xml = await callQuery(call, 'iam', {
      Action: 'GetRolePolicy',
      Version: '2010-05-08',
      RoleName: made.get(`${titled(name)}Role`) ?? '',
      PolicyName: 'function',
    })
    const text = decodeURIComponent(/<PolicyDocument>([^<]*)</.exec(xml)?.[1] ?? '')
    const statements = listOf(fieldsOf(fromPython(text)).get('Statement')).map(fieldsOf)
    const granted = statements.flatMap((statement) =>
      listOf(statement.get('Action')).flatMap((action) =>
        listOf(statement.get('Resource')).map((to) => ({
          action: String(action),
          resource: String(to),
        })),
      ),
    )
    return [name, granted] as const
  })
  return new Map(await Promise.all(grants))
}

/** moto prints a policy that came by CloudFormation as Python does. */
function fromPython(text: string): unknown {
  const script = 'import ast, json, sys; print(json.dumps(ast.literal_eval(sys.stdin.read())))'
  const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: text, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

/** moto hands events to queues but to no function: in the stack's own rule a queue takes the place of `bucket`. */
async function tapRule(call: AwsCall): Promise<string> {
  const url = await createQueue(call, 'bucket-events')
  const arn = (await queueAttributes(call, url)).get('QueueArn')
  const { Rules } = await callJson(call, 'events', 'AWSEvents.ListRules', {})
  const [rule] = listOf(Rules).map(fieldsOf)
  const name = rule?.get('Name')
  const { Targets } = await callJson(call, 'events', 'AWSEvents.ListTargetsByRule', { Rule: name })
  const [target] = listOf(Targets).map(fieldsOf)
  if (!String(target?.get('Arn')).endsWith(`:${stackName}-bucket`)) {
    throw new Error(`the rule ${name} does not lead to the function bucket`)
  }
  await callJson(call, 'events', 'AWSEvents.RemoveTargets', {
    Rule: name,
    Ids: [target?.get('Id')],
  })
  const targets = [{ Id: 'tap', Arn: arn }]
  await callJson(call, 'events', 'AWSEvents.PutTargets', { Rule: name, Targets: targets })
  return url
}

function titled(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`
}
