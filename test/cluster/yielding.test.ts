import { expect, it } from 'vitest'
import type { ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { createYieldingTransport } from '../../lib/cluster/yielding.ts'

const request = { method: 'GET', path: '/' } as const

/** A server with so many seats; it answers a turn later, and turns away who finds none. */
function createServerWithSeats(seats: { count: number }) {
  let taken = 0
  let refused = 0
  let peak = 0
  const transport: Transport = async (): Promise<ClusterResponse> => {
    if (taken >= seats.count) {
      refused += 1
      return { status: 429, body: null, warnings: [] }
    }
    taken += 1
    peak = Math.max(peak, taken)
    await new Promise((resolve) => setImmediate(resolve))
    taken -= 1
    return { status: 200, body: null, warnings: [] }
  }
  const read = () => ({ refused, peak })
  const reset = (): void => {
    refused = 0
    peak = 0
  }
  return { transport, read, reset }
}

const flood = (transport: Transport, count: number): Promise<readonly ClusterResponse[]> =>
  Promise.all(Array.from({ length: count }, () => transport(request)))

it('asks as much at once as it may of a server that lets everybody in', async () => {
  const server = createServerWithSeats({ count: 100 })
  await flood(createYieldingTransport(server.transport, 8), 200)
  expect(server.read()).toEqual({ refused: 0, peak: 8 })
})

it('comes down to what the server lets in, and is hardly turned away from then on', async () => {
  const server = createServerWithSeats({ count: 2 })
  const transport = createYieldingTransport(server.transport, 32)
  await flood(transport, 32)
  expect(server.read().refused).toBe(30)
  server.reset()
  await flood(transport, 200)
  expect(server.read().refused).toBeLessThan(20)
})

it('goes up again, little by little, once the server has seats', async () => {
  const seats = { count: 1 }
  const server = createServerWithSeats(seats)
  const transport = createYieldingTransport(server.transport, 8)
  await flood(transport, 8)
  seats.count = 100
  server.reset()
  await flood(transport, 32)
  expect(server.read().peak).toBeLessThan(5)
  await flood(transport, 200)
  expect(server.read().peak).toBe(8)
})

it('asks one at a time, and never none, where everybody is turned away', async () => {
  const seats = { count: 0 }
  const server = createServerWithSeats(seats)
  const transport = createYieldingTransport(server.transport, 4)
  await flood(transport, 50)
  seats.count = 1
  expect((await flood(transport, 3)).map(({ status }) => status)).toEqual([200, 200, 200])
})
