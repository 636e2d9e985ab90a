/**
 * Work that survives the process that asked for it. One message of a group is worked on at a time, in order
 * of arrival; different groups run in parallel. Delivery is at least once.
 */
export type Queue = {
  /** Resolves when every message is kept for good; a kill afterwards loses none. */
  readonly send: (messages: readonly Message[]) => Promise<void>
}

export type Message = {
  /** Messages of one group are never worked on at the same time. */
  readonly group: string
  /** A message whose id still waits, or was sent within the last five minutes, may be dropped as its double. */
  readonly id: string
  /** JSON text, at most 256 KiB: pointers, not content. */
  readonly body: string
  /** Not before so many seconds have passed; at most 900. */
  readonly delaySeconds?: number
}

/** Works on one message; when it throws, the message comes back later, and after `maxReceives` goes to the dead letters. */
export type Consume = (message: Delivery) => Promise<void>

export type Delivery = Message & {
  /** 1 for the first time. */
  readonly receiveCount: number
  /** Aborted when there is just time left to hand over what is not done. */
  readonly timeIsUp?: AbortSignal
}
