import type { DeadLetterDesk } from '../queue/dead-letters.ts'
import type { Operations } from '../reconcile/operations.ts'
import type { Output } from './output.ts'

/** What every command gets: the rest of the world, so that commands are tested without one. */
export type CliContext = {
  readonly output: Output
  readonly hasColors: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  /** Resolves on SIGINT or SIGTERM. */
  readonly interrupted: Promise<void>
  readonly wait: (ms: number) => Promise<void>
  readonly now: () => Date
  /** What is piped in; none where there is nothing to read. */
  readonly input?: AsyncIterable<string | Uint8Array>
  /** How a running Driftless is reached. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** How a command reaches Driftless: a running server, or the store of one that does not run. */
export type Connection = {
  readonly operations: Operations
  readonly deadLetters: DeadLetterDesk
  /** False where the store is read directly: nothing would take up a request. */
  readonly isLive: boolean
  readonly address: string
}

/** A command that ends with this code; 0 when it returns. */
export class ExitError extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
