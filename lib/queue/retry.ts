import type { Message } from './queue.ts'

/** A message that failed too often. It waits until somebody sends it again. */
export type DeadLetter = {
  readonly message: Message
  readonly receiveCount: number
  /** What the last attempt threw, without secrets. */
  readonly error: string
  /** RFC 3339. */
  readonly failedAt: string
}

export const defaultMaxReceives = 5

/** 1 s, 2 s, 4 s …, at most 60 s. */
export function backoffMs(receiveCount: number): number {
  return Math.min(60_000, 1000 * 2 ** (receiveCount - 1))
}
