import { SourceError } from '../source-error.ts'
import {
  delimiter,
  flush,
  lineOf,
  type Packet,
  packet,
  readPackets,
  serverFault,
} from './pkt-line.ts'
import { askUploadPack, type Remote } from './remote.ts'

export type PackRequest = {
  /** Commits to get, without their history. */
  readonly wants: readonly string[]
  /** A commit whose whole tree is here already: what it holds is not sent again. */
  readonly have?: string
  readonly maxBytes: number
}

/** Fetches commits by id with their trees, in one request of protocol 2; the bytes are a pack. */
export async function fetchPack(remote: Remote, request: PackRequest): Promise<Buffer> {
  const { wants, have, maxBytes } = request
  const lines = [
    ...['no-progress', 'ofs-delta', 'deepen 1'],
    ...wants.map((sha) => `want ${sha}`),
    // Only a thin pack leaves out what the tree of a shallow commit holds; see git-pack-objects(1).
    ...(have === undefined ? [] : ['thin-pack', `shallow ${have}`, `have ${have}`]),
    'done',
  ]
  const head = `${packet('command=fetch\n')}${packet('object-format=sha1\n')}${delimiter}`
  const body = `${head}${lines.map((line) => packet(`${line}\n`)).join('')}${flush}`
  const answer = await askUploadPack(remote, body, { version: 2, maxBytes })
  return readSections(readPackets(answer))
}

/** The same in versions 0 and 1, for hosts that know no other. */
export async function fetchPackV1(
  remote: Remote,
  { wants, maxBytes }: PackRequest,
  capabilities: ReadonlySet<string>,
): Promise<Buffer> {
  if (!capabilities.has('shallow') || !capabilities.has('side-band-64k')) {
    throw new SourceError('AnswerInvalid', 'the server knows no shallow fetch')
  }
  const lines = wants.map((sha, index) =>
    packet(`want ${sha}${index === 0 ? ' side-band-64k ofs-delta no-progress' : ''}\n`),
  )
  const body = `${lines.join('')}${packet('deepen 1\n')}${flush}${packet('done\n')}`
  const packets = readPackets(await askUploadPack(remote, body, { version: 1, maxBytes }))
  for (const each of packets) {
    if (lineOf(each) === 'NAK') return joinSideband(packets)
  }
  throw new SourceError('PackInvalid', 'the server sends no pack')
}

/** Skips the sections before the pack, which name the commits that now lack their parents. */
function readSections(packets: Generator<Packet>): Buffer {
  for (const each of packets) {
    if (lineOf(each) === 'packfile') return joinSideband(packets)
  }
  throw new SourceError('PackInvalid', 'the server sends no pack')
}

/** Each packet starts with its band: 1 is the pack, 2 chatter, 3 a fault that ends it. */
function joinSideband(packets: Generator<Packet>): Buffer {
  const parts: Buffer[] = []
  for (const each of packets) {
    if (each.kind !== 'line') return Buffer.concat(parts)
    const band = each.bytes[0]
    if (band === 3) throw serverFault(each.bytes.toString('utf8', 1))
    if (band === 1) parts.push(each.bytes.subarray(1))
    else if (band !== 2) throw serverFault(lineOf(each))
  }
  throw new SourceError('PackInvalid', 'the pack is cut off', { retryable: true })
}
