import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestWorld, idOf, type TestWorld } from './world.ts'

const url = 'https://git.example/app'
const fleet = (spec = '') => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: test }
spec: { connection: { sandbox: {} } }
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: app, namespace: flux-system }
spec: { interval: 5m, url: '${url}'${spec} }
`

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(() => world.close())

const look = async () => {
  await world.ask(idOf('GitRepository', 'app'), 'user')
  await world.settle()
}
const told = async () =>
  (await world.events('GitRepository', 'app'))
    .filter(({ severity }) => severity !== 'trace')
    .map(({ reason, message }) => `${reason}: ${message}`)
const status = async () => (await world.object('GitRepository', 'app')).status
const conditions = async () =>
  (await status()).conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)

// Source: source-controller and notification-controller, read and run.
describe('a source', () => {
  it('holds an artifact, and says so once', async () => {
    world.publish(url, 'main@sha1:1', { 'a.yaml': 'a: 1\n' })
    await world.load(fleet())
    await world.settle()
    expect((await status()).artifact?.revision).toBe('main@sha1:1')
    expect(await conditions()).toEqual(['Ready=True Succeeded', 'ArtifactInStorage=True Succeeded'])
    await look()
    expect(await told()).toEqual(["NewArtifact: stored artifact for commit 'main@sha1:1'"])
  })

  it('takes a commit that changes no file for a new revision and no news', async () => {
    world.publish(url, 'main@sha1:1', { 'a.yaml': 'a: 1\n' })
    await world.load(fleet())
    await world.settle()
    world.publish(url, 'main@sha1:2', { 'a.yaml': 'a: 1\n' })
    await look()
    expect((await status()).artifact?.revision).toBe('main@sha1:2')
    expect(await told()).toHaveLength(1)
  })

  it('keeps the time of an artifact that stays', async () => {
    world.publish(url, 'main@sha1:1', { 'a.yaml': 'a: 1\n' })
    await world.load(fleet())
    await world.settle()
    const before = (await status()).artifact?.lastUpdateTime
    await world.settle(10_000)
    await look()
    expect((await status()).artifact?.lastUpdateTime).toBe(before)
    world.publish(url, 'main@sha1:2', { 'a.yaml': 'a: 2\n' })
    await look()
    expect((await status()).artifact?.lastUpdateTime).not.toBe(before)
  })

  it('keeps what it holds while its host is away, and tells of the recovery', async () => {
    world.publish(url, 'main@sha1:1', { 'a.yaml': 'a: 1\n' })
    await world.load(fleet())
    await world.settle()
    world.withdraw(url)
    await look()
    expect((await status()).artifact?.revision).toBe('main@sha1:1')
    expect(await conditions()).toContainEqual(expect.stringMatching(/^Ready=False /))
    world.publish(url, 'main@sha1:1', { 'a.yaml': 'a: 1\n' })
    await look()
    expect(await conditions()).toContain('Ready=True Succeeded')
    expect((await told()).at(-1)).toBe("Succeeded: stored artifact for commit 'main@sha1:1'")
  })

  it("names a Secret that is not there, in Flux's words", async () => {
    world.publish(url, 'main@sha1:1', {})
    await world.load(fleet(', secretRef: { name: token }'))
    await world.settle()
    const ready = (await status()).conditions.find(({ type }) => type === 'Ready')
    const place = "failed to get secret 'flux-system/token'"
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'AuthenticationFailed',
      message: `${place}: ${place}: secrets "token" not found`,
    })
  })

  it('is looked at again when its interval is over', async () => {
    world.publish(url, 'main@sha1:1', { 'a.yaml': 'a: 1\n' })
    await world.load(fleet())
    await world.settle()
    world.publish(url, 'main@sha1:2', { 'a.yaml': 'a: 2\n' })
    await world.settle(299_000)
    expect((await status()).artifact?.revision).toBe('main@sha1:1')
    await world.settle(62_000)
    expect((await status()).artifact?.revision).toBe('main@sha1:2')
  })
})
