/** What a webhook turned out to be, before anybody looks up who follows it. */
export type Verdict =
  | {
      readonly outcome: 'change'
      readonly changes: readonly SourceChange[]
      readonly deliveryId: string
    }
  | Dismissal

/** Everything a webhook can be but a change; `why` is for the sender's delivery log and holds no secret. */
export type Dismissal =
  | { readonly outcome: 'ping' }
  /** Proven, and nothing to do. */
  | { readonly outcome: 'ignored'; readonly why: string }
  /** Not proven: answered as if the path did not exist. */
  | { readonly outcome: 'refused' }
  /** Proven, but not what its sender documents. */
  | { readonly outcome: 'malformed'; readonly why: string }

/** What a payload claims. It only finds the sources to look at; they are read again. */
export type SourceChange =
  | {
      /** As the sender spells it; `repositoryKey` of lib/fleet makes spellings equal. */
      readonly repository: string
      /** `refs/heads/main`, `refs/tags/v1`. */
      readonly ref?: string
      /** Lower-case hex. */
      readonly revision?: string
    }
  | { readonly bucket: string; readonly key: string }

/** One webhook, read whole and within bounds, and not yet believed. */
export type Inbound = { readonly headers: Headers; readonly body: Uint8Array }

export const refused: Dismissal = { outcome: 'refused' }

export function ignored(why: string): Dismissal {
  return { outcome: 'ignored', why }
}

export function malformed(why: string): Dismissal {
  return { outcome: 'malformed', why }
}
