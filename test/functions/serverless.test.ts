import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFunctions } from '../../scripts/bundle-functions.ts'
import {
  type Fields,
  fieldsOf,
  listOf,
  nameOf,
  packageTemplate,
  type Template,
  whyNoTemplate,
} from './template.ts'

const skip = whyNoTemplate()

describe.skipIf(skip !== undefined)(`the packaged stack${skip ? ` (${skip})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'driftless-stack-'))
  let template: Template = { resources: new Map(), outputs: [] }
  beforeAll(async () => {
    await bundleFunctions('dist/functions')
    template = packageTemplate(folder)
  }, 180_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  const ofType = (type: string): readonly (readonly [string, Fields])[] =>
    [...template.resources]
      .filter(([, resource]) => resource.type === type)
      .map(([id, { properties }]) => [id, properties] as const)
  const at = (id: string): Fields => template.resources.get(id)?.properties ?? new Map()

  it('runs every function on Node 24 and arm64', () => {
    const functions = ofType('AWS::Lambda::Function')
    expect(functions).toHaveLength(6)
    for (const [, properties] of functions) {
      expect(properties.get('Runtime')).toBe('nodejs24.x')
      expect(properties.get('Architectures')).toEqual(['arm64'])
      expect(fieldsOf(properties.get('LoggingConfig')).get('LogFormat')).toBe('JSON')
    }
    for (const [, properties] of ofType('AWS::Logs::LogGroup')) {
      expect(properties.get('RetentionInDays')).toBe(30)
    }
  })

  it('keeps what fails for good: each queue that is consumed has dead letters of its kind', () => {
    const mappings = ofType('AWS::Lambda::EventSourceMapping')
    expect(mappings).toHaveLength(4)
    for (const [id, properties] of mappings) {
      const queue = at(nameOf(properties.get('EventSourceArn')))
      const redrive = fieldsOf(queue.get('RedrivePolicy'))
      const deadLetters = at(nameOf(redrive.get('deadLetterTargetArn')))
      expect(deadLetters.get('FifoQueue'), id).toBe(queue.get('FifoQueue'))
      expect(deadLetters.get('MessageRetentionPeriod'), id).toBe(1_209_600)
      expect(properties.get('FunctionResponseTypes')).toEqual(['ReportBatchItemFailures'])
      expect(fieldsOf(properties.get('ScalingConfig')).get('MaximumConcurrency')).toBeGreaterThan(1)
    }
  })

  it('hides a message longer than its function may run, and not for an hour', () => {
    for (const [, properties] of ofType('AWS::Lambda::EventSourceMapping')) {
      const timeout = Number(at(nameOf(properties.get('FunctionName'))).get('Timeout'))
      const queue = at(nameOf(properties.get('EventSourceArn')))
      const hidden = Number(queue.get('VisibilityTimeout'))
      expect(hidden).toBeGreaterThan(timeout)
      expect(hidden).toBeLessThanOrEqual(1_200)
    }
  })

  it('wakes drift each minute by a role that may do nothing else', () => {
    const target = fieldsOf(at('DriftSchedulerSchedule1').get('Target'))
    expect(nameOf(target.get('Arn'))).toBe('DriftLambdaFunction')
    expect(nameOf(target.get('RoleArn'))).toBe('SchedulerRole')
    expect(nameOf(fieldsOf(target.get('DeadLetterConfig')).get('Arn'))).toBe('TriggerDeadLetters')
    expect(fieldsOf(target.get('RetryPolicy')).get('MaximumRetryAttempts')).toBe(2)
  })

  it('tries again what a bucket told, and not what the next minute makes up for', () => {
    const byFunction = new Map(
      ofType('AWS::Lambda::EventInvokeConfig').map(([, properties]) => [
        nameOf(properties.get('FunctionName')),
        properties,
      ]),
    )
    expect(byFunction.get('BucketLambdaFunction')?.get('MaximumRetryAttempts')).toBe(2)
    expect(byFunction.get('DriftLambdaFunction')?.get('MaximumEventAgeInSeconds')).toBe(60)
  })

  it('bounds how many run at once, and hides no failure for hours', () => {
    for (const [id, properties] of ofType('AWS::Lambda::Function')) {
      const name = id.replace('LambdaFunction', '').toLowerCase()
      const isConsumer = ['reconcile', 'notify'].includes(name)
      // Those that consume are bounded by their event sources.
      if (isConsumer) expect(properties.get('ReservedConcurrentExecutions'), id).toBeUndefined()
      else expect(properties.get('ReservedConcurrentExecutions'), id).toBeGreaterThan(0)
    }
    expect(at('DriftLambdaFunction').get('ReservedConcurrentExecutions')).toBe(1)
  })

  it('bounds how often anybody may call: A49, by counters that no cold start resets', () => {
    const stage = template.resources.get('HttpApiStage')
    const limits = fieldsOf(stage?.properties.get('RouteSettings'))
    const isBounded = (settings: unknown): boolean => {
      const [rate, burst] = ['ThrottlingRateLimit', 'ThrottlingBurstLimit'].map((name) =>
        Number(fieldsOf(settings).get(name)),
      )
      return Number(rate) > 0 && Number(rate) <= 50 && Number(burst) >= Number(rate)
    }
    expect(isBounded(stage?.properties.get('DefaultRouteSettings'))).toBe(true)
    const routes = ofType('AWS::ApiGatewayV2::Route')
    const ofWebhook = routes.filter(([, properties]) =>
      JSON.stringify(properties.get('Target')).includes('IntegrationWebhook'),
    )
    const keys = ofWebhook.map(([, properties]) => String(properties.get('RouteKey')))
    expect([...limits.keys()].sort()).toEqual(keys.sort())
    expect(keys).toEqual(['ANY /hook/{digest}', 'ANY /webhooks/{sender}'])
    for (const key of keys) expect(isBounded(limits.get(key)), key).toBe(true)
    // Without it the stage may be made first, and names routes that are not there.
    for (const [id] of ofWebhook) expect(stage?.dependsOn).toContain(id)
  })

  it('seals with a key of its own that is renewed and outlives the stack', () => {
    const key = template.resources.get('SealKey')
    expect(key?.properties.get('EnableKeyRotation')).toBe(true)
    expect(JSON.stringify(key?.properties.get('KeyPolicy'))).toContain(':root')
    for (const id of ['WebhookLambdaFunction', 'ReconcileLambdaFunction']) {
      const variables = fieldsOf(fieldsOf(at(id).get('Environment')).get('Variables'))
      expect(nameOf(variables.get('SEAL_KEY_ID')), id).toBe('SealKey')
      expect(variables.get('SECRET_PREFIX'), id).toBe('driftless/dev')
      expect(variables.has('SEAL_KEY'), id).toBe(false)
    }
  })

  it('says where webhooks go, where the fleet lies, and where dead letters are', () => {
    for (const name of [
      'GithubWebhookUrl',
      'GitlabWebhookUrl',
      'ReceiverUrl',
      'ApiUrl',
      'StateBucketName',
      'RequestQueueUrl',
      'NoticeQueueUrl',
      'RequestQueueDeadLettersUrl',
      'RequestDelayDeadLettersUrl',
      'NoticeQueueDeadLettersUrl',
      'NoticeDelayDeadLettersUrl',
      'TriggerDeadLettersUrl',
      'ReconcileRoleArn',
      'NotifyRoleArn',
    ]) {
      expect(template.outputs, name).toContain(name)
    }
  })

  it('removes what is old: versions, uploads that were cut off, artifacts that were replaced', () => {
    const rules = listOf(fieldsOf(at('StateBucket').get('LifecycleConfiguration')).get('Rules'))
    const byId = new Map(rules.map(fieldsOf).map((rule) => [rule.get('Id'), rule]))
    expect(byId.get('old-versions')?.has('AbortIncompleteMultipartUpload')).toBe(true)
    expect(byId.get('artifacts')?.get('Prefix')).toBe('artifacts/')
  })

  it('has names that AWS takes, also at the longest stage that is let through', () => {
    // CloudFormation makes them of the stack, the resource and 13 letters, and shortens none for SQS.
    const longest = `driftless-${'s'.repeat(27)}`
    for (const [id, queue] of ofType('AWS::SQS::Queue')) {
      const suffix = queue.get('FifoQueue') === true ? '.fifo' : ''
      expect(`${longest}-${id}-1234567890123${suffix}`.length, id).toBeLessThanOrEqual(80)
    }
    const [[, rule = new Map()] = []] = ofType('AWS::Events::Rule')
    const names = [
      ...ofType('AWS::Lambda::Function').map(([, properties]) => properties.get('FunctionName')),
      rule.get('Name'),
      ...listOf(rule.get('Targets')).map((target) => fieldsOf(target).get('Id')),
    ].map(String)
    for (const name of names) {
      expect(name.replace('driftless-dev', longest).length, name).toBeLessThanOrEqual(64)
    }
  })

  it('lets its own rule, and nobody else, add to the dead letters of triggers', () => {
    const [[, rule = new Map()] = []] = ofType('AWS::Events::Rule')
    const policy = JSON.stringify([...at('TriggerDeadLettersPolicy').values()])
    expect(policy).toContain(`:rule/${String(rule.get('Name'))}"`)
    expect(policy).toContain('"ArnEquals":{"aws:SourceArn"')
  })

  it('takes objects of other buckets from EventBridge, with retries and dead letters', () => {
    const [[, rule = new Map()] = []] = ofType('AWS::Events::Rule')
    const [target] = listOf(rule.get('Targets')).map(fieldsOf)
    expect(nameOf(fieldsOf(target?.get('DeadLetterConfig')).get('Arn'))).toBe('TriggerDeadLetters')
    expect(JSON.stringify(rule.get('EventPattern'))).toContain('anything-but')
  })

  it('keeps the state private, encrypted, versioned and over TLS', () => {
    const bucket = at('StateBucket')
    const block = [...fieldsOf(bucket.get('PublicAccessBlockConfiguration')).values()]
    expect(block).toEqual([true, true, true, true])
    expect(fieldsOf(bucket.get('VersioningConfiguration')).get('Status')).toBe('Enabled')
    expect(JSON.stringify(bucket.get('BucketEncryption'))).toContain('AES256')
    const policy = JSON.stringify([...at('StateBucketPolicy').values()])
    expect(policy).toContain('"aws:SecureTransport":"false"')
    expect(policy).toContain('"Effect":"Deny"')
  })
})
