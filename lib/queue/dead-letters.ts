/** A message that failed for good, as people see it. */
export type BuriedLetter = {
  readonly queue: DeadLetterQueue
  readonly id: string
  /** The object it asks to be looked at, or the group of messages it belongs to. */
  readonly about: string
  readonly receiveCount: number
  /** RFC 3339; empty where the queue itself gave the message up. */
  readonly failedAt: string
  readonly error: string
}

export type DeadLetterQueue = 'requests' | 'notices' | 'triggers'

/** Where people look at dead letters and send them again. */
export type DeadLetterDesk = {
  readonly list: () => Promise<readonly BuriedLetter[]>
  /** Sends all of them again, or those of these ids, and names them. */
  readonly redrive: (ids?: readonly string[]) => Promise<readonly string[]>
}

/** What to do with a letter of each queue. */
export const deadLetterAdvice: Readonly<Record<DeadLetterQueue, string>> = {
  requests:
    "the object's interval asks again by itself; once the fault is put right, 'driftless queue redrive ID' asks at once",
  notices:
    "nobody was told; once the fault is put right, 'driftless queue redrive ID' tells it after all",
  triggers:
    'not sent again: the next minute makes up for a minute, and the interval of its source for an object of a bucket',
}

/** What is said where the queue gave a message up by itself. */
export const givenUp =
  'handed out too often without an end: the function was killed, throttled, or never came to it; its log says more'
