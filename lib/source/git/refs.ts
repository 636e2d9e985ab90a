import { SourceError } from '../source-error.ts'
import { delimiter, flush, lineOf, packet, readPackets } from './pkt-line.ts'
import { askUploadPack, type Remote } from './remote.ts'

export type RemoteRef = {
  readonly name: string
  readonly sha: string
  /** What an annotated tag leads to. */
  readonly peeled?: string
}

const maxListingBytes = 32 * 1024 * 1024

/** Lists the refs whose names start with one of `prefixes`, in one request; all of them where there is none. */
export async function listRefs(
  remote: Remote,
  prefixes: readonly string[],
): Promise<readonly RemoteRef[]> {
  const lines = [...prefixes].sort().map((prefix) => packet(`ref-prefix ${prefix}\n`))
  const body = `${packet('command=ls-refs\n')}${delimiter}${packet('peel\n')}${lines.join('')}${flush}`
  const answer = await askUploadPack(remote, body, { version: 2, maxBytes: maxListingBytes })
  const packets = [...readPackets(answer)]
  if (packets.at(-1)?.kind !== 'flush') {
    throw new SourceError('AnswerInvalid', 'the list of refs is cut off', { retryable: true })
  }
  return packets.filter(({ kind }) => kind === 'line').map((each) => parseRef(lineOf(each)))
}

/** `<sha> <name>[ peeled:<sha>]`. */
function parseRef(line: string): RemoteRef {
  const [sha = '', name, ...attributes] = line.split(' ')
  const peeled = attributes.find((text) => text.startsWith('peeled:'))?.slice('peeled:'.length)
  if (name === undefined) throw new SourceError('AnswerInvalid', 'a ref has no name')
  checkSha(sha)
  if (peeled === undefined) return { name, sha }
  checkSha(peeled)
  return { name, sha, peeled }
}

function checkSha(sha: string): void {
  if (/^[0-9a-f]{64}$/.test(sha)) {
    throw new SourceError('NotSupportedYet', 'repositories with SHA-256 ids are not built yet')
  }
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new SourceError('AnswerInvalid', 'a ref has no object id')
}
