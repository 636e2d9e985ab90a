import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFunctions, type FunctionBundle } from '../../scripts/bundle-functions.ts'
import { permissionsOf, readPermissions } from './permissions.ts'
import {
  listOf,
  nameOf,
  packageTemplate,
  type Resource,
  type Statement,
  statementsOf,
  type Template,
  whyNoTemplate,
} from './template.ts'

const readsSecrets = /\bsecretStore\.read\(/

/** What in our code calls which action, on what. Deliveries of a queue are Lambda's own calls, in the function's name. */
const calls: readonly { readonly action: string; readonly on: string; readonly by: RegExp }[] = [
  { action: 's3:GetObject', on: 'StateBucket', by: /\bstore\.get\(|\breadRecord\(/ },
  { action: 's3:PutObject', on: 'StateBucket', by: /\bstore\.put\(|\b(?:write|update)Record\(/ },
  { action: 's3:DeleteObject', on: 'StateBucket', by: /\bstore\.delete\(/ },
  { action: 'sqs:SendMessage', on: 'RequestQueue', by: /\brequests\.send\(/ },
  { action: 'sqs:SendMessage', on: 'NoticeQueue', by: /\bnotices\.send\(/ },
  { action: 'kms:GenerateDataKey', on: 'SealKey', by: /\bsealer\.seal\(/ },
  { action: 'kms:Decrypt', on: 'SealKey', by: /\bsealer\.open\(/ },
  { action: 'secretsmanager:GetSecretValue', on: 'secrets', by: readsSecrets },
  { action: 'ssm:GetParameter', on: 'secrets', by: readsSecrets },
  // Secrets may be encrypted with keys of one's own.
  { action: 'kms:Decrypt', on: 'SecretKeys', by: readsSecrets },
  { action: 'eks:DescribeCluster', on: 'EksClusters', by: /\bservice: 'eks'/ },
]

/** What lies in the buckets that a parameter names. */
const inSourceBuckets =
  /^\{"Fn::Split":\[",",\{"Fn::Sub":\["\$\{Buckets\}\/\*",\{"Buckets":\{"Fn::Join":\["\/\*,",\{"Ref":"SourceBuckets"\}\]\}\}\]\}\]\}$/

const ownLog = /^logs:(?:CreateLogStream|PutLogEvents)$/

/** What Lambda does in the function's name, and what a consumer does with records that come back. */
const delivery = /^sqs:(?:ReceiveMessage|DeleteMessage|GetQueueAttributes|ChangeMessageVisibility)$/

/** Doors that only read: the index they share with the writers is in their bundle, its writing half is never called. */
const readers = ['webhook', 'bucket']

const skip = whyNoTemplate()

describe.skipIf(skip !== undefined)(`the roles of the functions${skip ? ` (${skip})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'driftless-template-'))
  let template: Template = { resources: new Map(), outputs: [] }
  let bundles: readonly FunctionBundle[] = []
  beforeAll(async () => {
    bundles = await bundleFunctions('dist/functions')
    template = packageTemplate(folder)
  }, 180_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  const ofType = (type: string): readonly (readonly [string, Resource])[] =>
    [...template.resources].filter(([, resource]) => resource.type === type)
  /** What its own policies allow, and those that come with a parameter of the stack. */
  const allowedTo = (name: string): readonly Statement[] => {
    const id = `${name[0]?.toUpperCase()}${name.slice(1)}Role`
    const role = template.resources.get(id)
    const shared = ofType('AWS::IAM::Policy').filter(([, { properties }]) =>
      listOf(properties.get('Roles')).map(nameOf).includes(id),
    )
    return [...(role === undefined ? [] : [role]), ...shared.map(([, policy]) => policy)].flatMap(
      statementsOf,
    )
  }
  const grants = (name: string): readonly string[] =>
    allowedTo(name)
      .flatMap(({ actions, resources }) =>
        actions.flatMap((a) =>
          resources.map((r) => `${a} ${inSourceBuckets.test(r) ? 'SourceBuckets' : r}`),
        ),
      )
      .map((grant) => grant.replace(/\$\{StateBucket\.Arn\}\/\*$/, 'StateBucket'))
      .map((grant) => grant.replace(/arn:.*:(?:secret:|parameter\/)driftless\/dev\/.*$/, 'secrets'))
  const called = (bundle: FunctionBundle): ReadonlySet<string> => {
    const sources = bundle.inputs.filter((input) =>
      /^lib\/(?:reconcile|runtime|store)\//.test(input),
    )
    const text = sources.map((input) => readFileSync(input, 'utf8')).join('\n')
    const found = calls.filter(({ by }) => by.test(text)).map(({ action, on }) => `${action} ${on}`)
    // Sources are fetched by nobody else, though others hold the code in their bundles.
    const fetched = bundle.name === 'reconcile' ? ['s3:GetObject SourceBuckets'] : []
    return new Set([...found, ...fetched])
  }

  it('are one a function, and no one else may take them', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, { properties }]) =>
      nameOf(properties.get('Role')),
    )
    expect(roles.toSorted()).toEqual([...new Set(roles)].toSorted())
    expect(roles).toHaveLength(6)
    for (const role of roles) {
      const trust = template.resources.get(role)?.properties.get('AssumeRolePolicyDocument')
      expect(JSON.stringify(trust).match(/[a-z]+\.amazonaws\.com/g), role).toEqual([
        'lambda.amazonaws.com',
      ])
    }
  })

  it('are what docs/aws.md tells', () => {
    const told = readPermissions(readFileSync('docs/aws.md', 'utf8'))
    const packaged = bundles.map(({ name }) => [name, permissionsOf(allowedTo(name))] as const)
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(packaged))
  })

  it("allow no wildcard but what lies below the state, the stage's secrets and their own log", () => {
    const own = [
      /^\$\{StateBucket\.Arn\}\/\*$/,
      /:log-group:\/aws\/lambda\/driftless-dev-[a-z]+:\*$/,
      /^arn:[^*?]+:(?:secret:|parameter\/)driftless\/dev\/\*$/,
      // Six characters that Secrets Manager chooses.
      /^arn:[^*?]+:secret:driftless\/dev\/webhooks-\?{6}$/,
      inSourceBuckets,
    ]
    const isWild = (to: string) => /[*?]/.test(to) && !own.some((pattern) => pattern.test(to))
    const policies = [...ofType('AWS::IAM::Role'), ...ofType('AWS::IAM::Policy')]
    const wild = policies.flatMap(([id, role]) =>
      statementsOf(role).flatMap(({ actions, resources }) => [
        ...actions.filter((action) => action.includes('*')).map((action) => `${id} ${action}`),
        ...resources.filter(isWild).map((to) => `${id} ${to}`),
      ]),
    )
    expect(ofType('AWS::IAM::Role').length).toBeGreaterThanOrEqual(7)
    expect(wild).toEqual([])
  })

  it('write to the log of their own function only', () => {
    for (const { name } of bundles) {
      const logs = allowedTo(name).filter(({ actions }) =>
        actions.some((a) => a.startsWith('logs:')),
      )
      expect(logs.flatMap(({ resources }) => resources).map((to) => to.split('/').at(-1))).toEqual([
        `driftless-dev-${name}:*`,
      ])
    }
  })

  it('allow what the code calls', () => {
    const missing = bundles
      .filter(({ name }) => !readers.includes(name))
      .flatMap((bundle) => {
        const granted = grants(bundle.name)
        const lacks = [...called(bundle)].filter((call) => !granted.includes(call))
        return lacks.map((call) => `${bundle.name}: ${call}`)
      })
    expect(missing).toEqual([])
  })

  it('let who consumes a queue put records off, and bury them', () => {
    for (const [name, queue] of [
      ['reconcile', 'Request'],
      ['notify', 'Notice'],
    ] as const) {
      expect(grants(name)).toContain(`sqs:SendMessage ${queue}QueueDeadLetters`)
      expect(grants(name)).toContain(`sqs:ChangeMessageVisibility ${queue}Queue`)
      expect(grants(name)).toContain(`sqs:ChangeMessageVisibility ${queue}DelayQueue`)
    }
  })

  /** Whether what the function throws without anyone who waits ends among the dead letters. */
  const keepsFailures = (name: string): boolean =>
    ofType('AWS::Lambda::EventInvokeConfig').some(([, { properties }]) => {
      const isOwn = nameOf(properties.get('FunctionName')).toLowerCase().startsWith(name)
      return (
        isOwn && JSON.stringify(properties.get('DestinationConfig')).includes('TriggerDeadLetters')
      )
    })

  /** Lambda does so in the function's name for what was thrown, a consumer for its own queue. */
  const mayBury = (name: string, on: string, inQueues: readonly string[]): boolean =>
    on === 'TriggerDeadLetters'
      ? keepsFailures(name)
      : inQueues.includes(on.replace('DeadLetters', ''))

  it('let Lambda keep what failed of those that nobody waits for', () => {
    for (const name of ['bucket', 'drift']) {
      expect(keepsFailures(name)).toBe(true)
      expect(grants(name)).toContain('sqs:SendMessage TriggerDeadLetters')
    }
  })

  it('allow nothing that the code never calls', () => {
    const surplus = bundles.flatMap((bundle) => {
      const needed = called(bundle)
      const inQueues = ofType('AWS::Lambda::EventSourceMapping')
        .filter(([id]) => id.toLowerCase().startsWith(bundle.name))
        .map(([, { properties }]) => nameOf(properties.get('EventSourceArn')))
      const isUsed = (grant: string): boolean => {
        const [action = '', on = ''] = grant.split(' ')
        if (ownLog.test(action) || action === 's3:ListBucket') return true
        if (delivery.test(action)) return inQueues.includes(on)
        if (on.endsWith('DeadLetters')) return mayBury(bundle.name, on, inQueues)
        return needed.has(`${action} ${on.replace('DelayQueue', 'Queue')}`)
      }
      return grants(bundle.name)
        .filter((grant) => !isUsed(grant))
        .map((grant) => `${bundle.name}: ${grant}`)
    })
    expect(surplus).toEqual([])
  })

  it('let the doors that only take note write no state', () => {
    for (const name of readers) {
      expect(grants(name).filter((grant) => /^(?:s3|sqs):(?:Put|Delete)/.test(grant))).toEqual([])
      expect(grants(name)).toContain('sqs:SendMessage RequestQueue')
    }
  })

  it('let the webhook read its own secret and no other, and only open what is sealed', () => {
    const to = (action: string) =>
      allowedTo('webhook')
        .filter(({ actions }) => actions.includes(action))
        .flatMap(({ resources }) => resources)
    expect(to('secretsmanager:GetSecretValue')).toEqual([
      expect.stringMatching(/:secret:driftless\/dev\/webhooks-\?{6}$/),
    ])
    expect(to('ssm:GetParameter')).toEqual([
      expect.stringMatching(/:parameter\/driftless\/dev\/webhooks$/),
    ])
    expect(to('kms:Decrypt')).toEqual(['SealKey', 'SecretKeys'])
    expect(grants('webhook')).not.toContain('kms:GenerateDataKey SealKey')
    expect(grants('reconcile')).not.toContain('kms:Decrypt SealKey')
    expect(grants('bucket').filter((grant) => /kms|secret|ssm/.test(grant))).toEqual([])
  })

  it('stand to the parameters of the stack: what is not named is not allowed', () => {
    for (const [, { properties }] of ofType('AWS::IAM::Policy')) {
      const roles = listOf(properties.get('Roles')).map(nameOf)
      expect(roles).not.toContain('BucketRole')
      expect(roles).not.toContain('ApiRole')
    }
    expect(grants('reconcile')).toContain('eks:DescribeCluster EksClusters')
    expect(grants('notify')).toContain('eks:DescribeCluster EksClusters')
    expect(grants('reconcile')).toContain('s3:ListBucket SourceBuckets')
    expect(grants('reconcile')).toContain('s3:GetObject SourceBuckets')
  })
})
