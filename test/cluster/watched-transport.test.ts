import { expect, it } from 'vitest'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import type { ClusterRequest, ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { watchTransport } from '../../lib/cluster/watched-transport.ts'

const answer: ClusterResponse = { status: 200, body: {}, warnings: [] }

/** A cluster that hangs until told otherwise; a probe times out when `endProbe` says so. */
function setUp() {
  let time = Date.parse('2026-11-23T10:00:00Z')
  let isDead = false
  let endProbe = () => {}
  const asked: ClusterRequest[] = []
  const transport: Transport = (request) => {
    asked.push(request)
    if (!isDead) return Promise.resolve(answer)
    return new Promise((_, reject) => {
      if (request.path === '/version') {
        endProbe = () => reject(new ClusterError('TimedOut', 'too late'))
      }
      request.signal?.addEventListener('abort', () =>
        reject(new ClusterError('Aborted', 'cancelled')),
      )
    })
  }
  const watched = watchTransport(transport, { now: () => new Date(time) })
  return {
    asked: () => asked.map(({ path }) => path),
    ask: (path: string) => watched({ method: 'GET', path }),
    pass: (ms: number) => {
      time += ms
    },
    die: (dead: boolean) => {
      isDead = dead
    },
    endProbe: () => endProbe(),
  }
}

const silent = (since: string) =>
  expect.objectContaining({
    code: 'Unreachable',
    message: expect.stringContaining(`has not answered since ${since}`),
  })

it('probes beside the first request after a silence, and only then', async () => {
  const { ask, asked, pass } = setUp()
  await ask('/a')
  await ask('/b')
  pass(11_000)
  await ask('/c')
  expect(asked()).toEqual(['/version', '/a', '/b', '/version', '/c'])
})

it('ends all that hangs when the probe is not answered, and asks no more for a while', async () => {
  const { ask, asked, pass, die, endProbe } = setUp()
  die(true)
  const hanging = ['/a', '/b', '/c'].map((path) => ask(path).catch((fault: unknown) => fault))
  pass(5_000)
  endProbe()
  const fault = silent('2026-11-23T10:00:05Z')
  expect(await Promise.all(hanging)).toEqual([fault, fault, fault])
  pass(10_000)
  await expect(ask('/d')).rejects.toEqual(fault)
  expect(asked()).toEqual(['/version', '/a', '/b', '/c'])
  die(false)
  pass(5_000)
  await expect(ask('/e')).resolves.toBe(answer)
})

it('keeps saying since when, over all further probes', async () => {
  const { ask, pass, die, endProbe } = setUp()
  die(true)
  for (const path of ['/a', '/b']) {
    const hanging = ask(path).catch((fault: unknown) => fault)
    endProbe()
    expect(await hanging).toEqual(silent('2026-11-23T10:00:00Z'))
    pass(20_000)
  }
})
