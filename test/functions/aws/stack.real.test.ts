import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeStack } from '../../aws/describe-stack.ts'
import { githubPush, gitlabPush, request } from '../../aws/faces.ts'
import { accessKeyOf, callAs } from '../../aws/moto.ts'
import { callS3 } from '../../aws/requests.ts'
import { createScene, hookToken, type Scene } from '../../aws/scene.ts'
import { apiToken, startWorld, type World } from '../../aws/world.ts'
import { sharedControlPlane } from '../../peers/shared-control-plane.ts'

/** Types that moto's CloudFormation does not have; the test stands for what they do. */
const notInMoto = [
  // HTTP API: the test sends its events, payload format 2.0.
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  // How often Lambda calls again what nobody waits for.
  'AWS::Lambda::EventInvokeConfig',
  // Access by others than the roles.
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  // The minute's event: the test sends it.
  'AWS::Scheduler::Schedule',
]

describeStack('the packaged stack', () => {
  let world: World
  let scene: Scene
  beforeAll(async () => {
    world = await startWorld()
    scene = await createScene(world, await sharedControlPlane())
  }, 300_000)
  afterAll(() => world?.stop())

  const text = async (): Promise<string | undefined> => (await scene.configMap('app'))?.text
  const setting = async (): Promise<string | undefined> =>
    (await scene.configMap('settings'))?.['flags.yaml']

  it('is made of its own CloudFormation, but for what moto lacks', () => {
    expect(world.stack.leftOut).toEqual(notInMoto.toSorted())
    expect([...world.stack.functions.keys()]).toEqual([
      'api',
      'bucket',
      'drift',
      'notify',
      'reconcile',
      'webhook',
    ])
  })

  it('brings a fleet into a cluster by the minute alone', async () => {
    await world.until('the app is there', async () => (await text()) === 'first')
    await world.until(
      'the settings are there',
      async () => (await setting()) === 'setting: first\n',
    )
  })

  it('applies a push that GitHub tells of, at once', async () => {
    const after = await scene.pushText('by GitHub')
    expect((await githubPush(world, { repository: scene.repository, after })).status).toBe(202)
    await world.drain()
    expect(await text()).toBe('by GitHub')
  })

  it('applies one whose body came in base64', async () => {
    const after = await scene.pushText('in base64')
    const answer = await githubPush(world, { repository: scene.repository, after, isBase64: true })
    expect(answer.status).toBe(202)
    await world.drain()
    expect(await text()).toBe('in base64')
  })

  it('applies a push that GitLab tells of', async () => {
    const after = await scene.pushText('by GitLab')
    expect((await gitlabPush(world, { repository: scene.repository, after })).status).toBe(202)
    await world.drain()
    expect(await text()).toBe('by GitLab')
  })

  it('applies an object that EventBridge tells of, by the rule of the stack', async () => {
    await scene.putSetting('by EventBridge')
    await world.drain()
    expect(await setting()).toBe('setting: by EventBridge\n')
  })

  it('applies what a Receiver is told, whose token KMS keeps sealed', async () => {
    await scene.pushText('by a Receiver')
    // Flux's own path, of token, name and namespace.
    const digest = createHash('sha256').update(`${hookToken}hook${scene.namespace}`).digest('hex')
    const hook = `/hook/${digest}`
    expect((await request(world, { path: hook, headers: {} })).status).toBe(202)
    await world.drain()
    expect(await text()).toBe('by a Receiver')
  })

  it('tells the chat', async () => {
    await world.until('the chat knows', async () =>
      world.chat.messages().some((message) => message.text.includes('app')),
    )
    expect(world.chat.refusals()).toEqual([])
  })

  it('repairs drift on the interval', async () => {
    const path = `/api/v1/namespaces/${scene.namespace}/configmaps/app`
    await scene.cluster('DELETE', path)
    expect(await text()).toBeUndefined()
    await world.until('the app is back', async () => (await text()) === 'by a Receiver')
  })

  it('answers strangers with one and the same 404, and lets nobody into the API', async () => {
    const stranger = { path: '/webhooks/github', body: '{}', headers: { 'x-github-event': 'push' } }
    expect((await request(world, stranger)).status).toBe(404)
    expect((await request(world, { path: '/webhooks/nobody', headers: {} })).status).toBe(404)
    const closed = await request(world, { method: 'GET', path: '/api/v1/objects', headers: {} })
    expect(closed.status).toBe(403)
    const open = await request(world, {
      method: 'GET',
      path: '/api/v1/objects',
      headers: { authorization: `Bearer ${apiToken}` },
    })
    expect(open.status).toBe(200)
    expect(open.body).toContain(scene.namespace)
  })

  it('ends the feed of the API, and says where to go on', async () => {
    const headers = { authorization: `Bearer ${apiToken}`, 'last-event-id': '0' }
    const feed = await request(world, { method: 'GET', path: '/api/v1/feed', headers })
    expect(feed.status).toBe(200)
    expect(feed.body).toContain('data: {')
    expect(feed.body).toMatch(/retry: 5000\nid: \d{13}-[^\n]+\n\n$/)
  })

  it('needed nothing that a role does not allow, and each function was called', () => {
    expect(world.denied()).toEqual([])
    const callers = new Set(world.proxy.calls().map(({ by }) => by))
    for (const name of world.stack.functions.keys()) {
      expect(callers).toContain(`AKIDOF${name.toUpperCase()}`)
    }
    expect(world.violations()).toEqual([])
  })

  it('is held to the roles: what one lacks is refused', async () => {
    const asWebhook = callAs(accessKeyOf('webhook'), world.proxy.url, () => new Date(world.now()))
    const written = callS3(asWebhook, 'PUT', world.stack.stateBucket, { key: 'x', body: 'x' })
    await expect(written).rejects.toThrow('403')
    expect(world.denied()).toEqual([
      `${accessKeyOf('webhook')} s3:PutObject ${world.stack.stateBucket}/x`,
    ])
  })
})
