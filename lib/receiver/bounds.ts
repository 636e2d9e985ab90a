import type { Inbound } from './verdict.ts'

/** Flux's cap; GitHub's own is 25 MB, and what is larger waits for the interval. */
export const maxBodyBytes: number = 3 * 1024 * 1024
const maxHeaderBytes = 64 * 1024

/** For the server that carries the app: what Node checks before a handler runs. Source: Flux's notification-controller. */
export const serverLimits: {
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
} = { maxHeaderBytes: 32 * 1024, headersTimeoutMs: 10_000, requestTimeoutMs: 30_000 }

export type Unreadable = 'body too large' | 'headers too large' | 'broken off' | 'crowded out'

/**
 * The request whole, or why it was not read to its end. It never holds more than the cap, nor do all that share a room
 * hold more than that.
 */
export async function readInbound(
  request: Request,
  room: Room = createRoom(),
): Promise<Inbound | Unreadable> {
  const { headers } = request
  if (headerBytes(headers) > maxHeaderBytes) return 'headers too large'
  const declared = headers.get('content-length')
  if (declared !== null && !(Number(declared) <= maxBodyBytes)) return 'body too large'
  try {
    const body = await readBody(request, room)
    return typeof body === 'string' ? body : { headers, body }
  } catch {
    return 'broken off'
  }
}

/** What all bodies that arrive at the same time may hold together. */
export type Room = {
  /** A place for one body. `leave` is called when there is none left for it. */
  readonly enter: (leave: () => void) => Place
}

export type Place = { readonly add: (sizeBytes: number) => void; readonly close: () => void }

const roomBytes = 32 * 1024 * 1024

/**
 * Where bodies crowd in, the one that has been arriving for longest leaves: a sender of ours is done in a moment, and
 * who floods us with uploads that never end only pushes out their own.
 */
export function createRoom(maxBytes: number = roomBytes): Room {
  const places = new Map<object, { sizeBytes: number; readonly leave: () => void }>()
  let heldBytes = 0
  const close = (key: object): void => {
    heldBytes -= places.get(key)?.sizeBytes ?? 0
    places.delete(key)
  }
  return {
    enter: (leave) => {
      const key = {}
      const place = { sizeBytes: 0, leave }
      places.set(key, place)
      return {
        add: (sizeBytes) => {
          if (!places.has(key)) return
          place.sizeBytes += sizeBytes
          heldBytes += sizeBytes
          for (const [oldest, { leave: sendAway }] of places) {
            if (heldBytes <= maxBytes) break
            close(oldest)
            sendAway()
          }
        },
        close: () => close(key),
      }
    },
  }
}

/** Why not, as soon as there is one byte too many; leaving the stream cancels it. */
async function readBody(request: Request, room: Room): Promise<Uint8Array | Unreadable> {
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  let isCrowdedOut = false
  const leave = () => {
    isCrowdedOut = true
    reader.cancel().catch(() => undefined)
  }
  const place = room.enter(leave)
  try {
    const chunks: Uint8Array[] = []
    let sizeBytes = 0
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      sizeBytes += next.value.byteLength
      if (sizeBytes > maxBodyBytes) {
        await reader.cancel()
        return 'body too large'
      }
      chunks.push(next.value)
      place.add(next.value.byteLength)
    }
    if (isCrowdedOut) return 'crowded out'
    const [only] = chunks
    return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, sizeBytes)
  } finally {
    place.close()
  }
}

function headerBytes(headers: Headers): number {
  let sizeBytes = 0
  for (const [name, value] of headers) sizeBytes += name.length + value.length
  return sizeBytes
}
