import { SourceError } from '../source-error.ts'
import { lineOf, readPackets } from './pkt-line.ts'
import type { RemoteRef } from './refs.ts'

/** What a server says of itself at `info/refs`. */
export type Advertisement =
  | { readonly version: 2 }
  /** Versions 0 and 1 name every ref at once. */
  | {
      readonly version: 1
      readonly refs: readonly RemoteRef[]
      readonly capabilities: ReadonlySet<string>
    }

/** Source: gitprotocol-http(5), gitprotocol-v2(5). */
export function parseAdvertisement(body: Buffer): Advertisement {
  const lines = [...readPackets(body)].map(lineOf).filter((line) => line !== '')
  const [first = '', ...rest] = lines[0]?.startsWith('# service=') ? lines.slice(1) : lines
  if (first === 'version 2') return { version: 2 }
  const [head = '', ...others] = first === 'version 1' ? rest : [first, ...rest]
  const [ref = '', capabilities = ''] = head.split('\0')
  return {
    version: 1,
    refs: joinPeeled([ref, ...others].filter((line) => line !== '')),
    capabilities: new Set(capabilities.split(' ')),
  }
}

/** A tag's target follows it as a ref of its own, marked `^{}`; an empty repository names none, or one that is none. */
function joinPeeled(lines: readonly string[]): readonly RemoteRef[] {
  const refs = new Map<string, RemoteRef>()
  for (const line of lines) {
    const [, sha, name] = /^([0-9a-f]{40}) (.+)$/.exec(line) ?? []
    if (/^shallow /.test(line) || name === 'capabilities^{}') continue
    if (sha === undefined || name === undefined) {
      throw new SourceError('AnswerInvalid', 'the list of refs is malformed')
    }
    const tag = name.endsWith('^{}') ? refs.get(name.slice(0, -3)) : undefined
    if (tag === undefined) refs.set(name, { name, sha })
    else refs.set(tag.name, { ...tag, peeled: sha })
  }
  return [...refs.values()]
}
