import { describe, expect, it } from 'vitest'
import { createAwsSecrets } from '../../lib/secrets/aws.ts'
import { describeSecrets, textsOf } from './contract.ts'
import { createFakeAws } from './fake-aws.ts'

const gitAuth = JSON.stringify({ username: 'git', password: 'hünter 2' })

function setUp() {
  const aws = createFakeAws()
  const world = { now: new Date('2026-11-23T10:00:00Z') }
  const store = createAwsSecrets({ call: aws.call, prefix: 'driftless/prod', now: () => world.now })
  return { ...aws, world, store }
}

describeSecrets('Secrets Manager', async () => {
  const { store, secrets } = setUp()
  secrets.set('driftless/prod/git-auth', { SecretString: gitAuth })
  return store
})

describeSecrets('SSM', async () => {
  const { store, parameters } = setUp()
  parameters.set('/driftless/prod/git-auth', gitAuth)
  return store
})

describe("the fleet's secrets on AWS", () => {
  it('hold a kubeconfig as it is, in YAML, in JSON and as bytes', async () => {
    const { store, secrets, parameters } = setUp()
    secrets.set('driftless/prod/yaml', { SecretString: 'apiVersion: v1\n' })
    secrets.set('driftless/prod/bytes', { SecretBinary: Buffer.from('x').toString('base64') })
    const json = '{"apiVersion":"v1","clusters":[]}'
    parameters.set('/driftless/prod/json', json)
    parameters.set('/driftless/prod/broken', '{"a":')
    expect(textsOf(await store.read('yaml'))).toEqual({ value: 'apiVersion: v1\n' })
    expect(textsOf(await store.read('bytes'))).toEqual({ value: 'x' })
    expect(textsOf(await store.read('json'))).toEqual({ value: json })
    expect(textsOf(await store.read('broken'))).toEqual({ value: '{"a":' })
  })

  it('keep a key called __proto__ a key', async () => {
    const { store, parameters } = setUp()
    parameters.set('/driftless/prod/a', '{"__proto__":"x","b":"y"}')
    expect([...((await store.read('a')) ?? [])].map(([key]) => key)).toEqual(['__proto__', 'b'])
  })

  it('are asked once a minute, also for what is not there', async () => {
    const { store, calls, world, secrets } = setUp()
    for (let round = 0; round < 5; round += 1) expect(await store.read('a')).toBeUndefined()
    await Promise.all([store.read('a'), store.read('a')])
    expect(calls).toHaveLength(2)
    secrets.set('driftless/prod/a', { SecretString: 'x' })
    world.now = new Date('2026-11-23T10:01:00Z')
    expect(textsOf(await store.read('a'))).toEqual({ value: 'x' })
    expect(calls).toHaveLength(4)
  })

  it('have a namespace in their path, and no name leads out of the prefix', async () => {
    const { store, secrets } = setUp()
    secrets.set('driftless/prod/apps/a', { SecretString: 'x' })
    secrets.set('driftless/other', { SecretString: 'x' })
    expect(textsOf(await store.read('apps/a'))).toEqual({ value: 'x' })
    await expect(store.read('../other')).rejects.toMatchObject({ code: 'InvalidName' })
    expect(await store.read('a', 'ConfigMap')).toBeUndefined()
  })

  it('are absent where Secrets Manager refuses a name that it has not', async () => {
    const { store, faults } = setUp()
    const why = 'because no identity-based policy allows the action'
    const refuse = (resource: string) => ({
      status: 400,
      type: 'AccessDeniedException',
      message: `User: arn:r/f is not authorized to perform: x on resource: ${resource} ${why}`,
    })
    faults.set('secretsmanager.GetSecretValue', refuse('driftless/prod/a'))
    expect(await store.read('a')).toBeUndefined()
    const arn = 'arn:aws:secretsmanager:eu-west-1:1:secret:driftless/prod/b-AbCdEf'
    faults.set('secretsmanager.GetSecretValue', refuse(arn))
    await expect(store.read('b')).rejects.toMatchObject({ code: 'SecretUnreadable' })
  })

  it('do not look absent where one of the two cannot be asked', async () => {
    const { store, faults, parameters } = setUp()
    const denied = { status: 400, type: 'AccessDeniedException' }
    faults.set('secretsmanager.GetSecretValue', denied)
    const thrown: unknown = await store.read('a').catch((fault: unknown) => fault)
    expect(thrown).toMatchObject({ code: 'SecretUnreadable', retryable: false })
    expect(String(thrown)).toContain('secret driftless/prod/a of Secrets Manager')
    expect(String(thrown)).toContain('allow secretsmanager:GetSecretValue')
    faults.set('secretsmanager.GetSecretValue', { status: 503, type: 'InternalServiceError' })
    await expect(store.read('a')).rejects.toMatchObject({ retryable: true })
    parameters.set('/driftless/prod/a', 'x')
    expect(textsOf(await store.read('a'))).toEqual({ value: 'x' })
  })
})
