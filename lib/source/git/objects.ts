import { SourceError } from '../source-error.ts'

/** What is shown of a commit. */
export type Commit = {
  readonly tree: string
  readonly author: { readonly name: string; readonly email: string }
  /** Seconds since 1970. */
  readonly committedAt: number
  /** First line of the message. */
  readonly subject: string
}

export function parseCommit(bytes: Buffer): Commit {
  const end = bytes.indexOf('\n\n')
  const headers = bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
  const message = end === -1 ? '' : bytes.toString('utf8', end + 2)
  const tree = /^tree ([0-9a-f]{40})$/m.exec(headers)?.[1]
  if (tree === undefined || !headers.startsWith('tree ')) throw broken('a commit has no tree')
  const author = /^author (.*) <([^>\n]*)> -?\d+ /m.exec(`${headers}\n`)
  const committedAt = /^committer .*> (-?\d{1,15}) /m.exec(headers)?.[1]
  return {
    tree,
    author: { name: author?.[1]?.trim() ?? '', email: author?.[2] ?? '' },
    committedAt: Number(committedAt ?? 0),
    subject: message.trimStart().split('\n', 1)[0]?.trim() ?? '',
  }
}

/** The id of what an annotated tag leads to. */
export function parseTag(bytes: Buffer): string {
  const target = /^object ([0-9a-f]{40})\n/.exec(bytes.toString('latin1', 0, 60))?.[1]
  if (target === undefined) throw broken('a tag leads to no object')
  return target
}

export type TreeEntry = {
  readonly kind: 'folder' | 'file' | 'executable' | 'link' | 'submodule'
  readonly name: string
  readonly id: string
}

/** Old repositories hold files of other modes than 644 and 755; the owner's bit tells what may run. */
function kindOf(mode: string): TreeEntry['kind'] | undefined {
  if (/^0?40000$/.test(mode)) return 'folder'
  if (mode === '120000') return 'link'
  if (mode === '160000') return 'submodule'
  if (!/^100[0-7]{3}$/.test(mode)) return undefined
  return (Number.parseInt(mode, 8) & 0o100) === 0 ? 'file' : 'executable'
}

/**
 * The entries of a tree object: `<mode> <name>\0<20 bytes>` each. Throws SourceError TreeInvalid for names that no
 * honest git writes: `.`, `..`, `.git` in any case, with a slash, or twice. Source: git fsck's rules.
 */
export function parseTree(bytes: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = []
  const names = new Set<string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const end = bytes.indexOf(0, space)
    if (space < 0 || end < 0 || end + 21 > bytes.length) throw broken('a tree is cut off')
    const mode = bytes.toString('latin1', at, space)
    const name = bytes.toString('utf8', space + 1, end)
    const kind = kindOf(mode)
    if (kind === undefined) throw broken('a tree holds an entry of an unknown kind')
    checkName(name, names)
    names.add(name)
    entries.push({ kind, name, id: bytes.toString('hex', end + 1, end + 21) })
    at = end + 21
  }
  return entries
}

function checkName(name: string, names: ReadonlySet<string>): void {
  const isBad = name === '' || name === '.' || name === '..' || name.includes('/')
  if (
    isBad ||
    /^\.git[ .]*$|^git~1$/i.test(name.replace(/[\u200c-\u200f\u202a-\u202e\ufeff]/g, ''))
  ) {
    throw broken(`a tree holds the name ${JSON.stringify(name.slice(0, 60))}`)
  }
  if (names.has(name)) {
    throw broken(`a tree holds the name ${JSON.stringify(name.slice(0, 60))} twice`)
  }
}

function broken(why: string): SourceError {
  return new SourceError('TreeInvalid', `the repository is refused: ${why}`)
}
