/**
 * Compiles a glob over one path segment: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a literal.
 * Undefined where it is malformed (an open class, a lone `\` at the end), which then matches nothing.
 * `!` negates nothing, as in Go. Source: the rules of Go's path/filepath.Match.
 */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  if (!special.test(pattern)) return (name) => name === pattern
  // Most rules are of this form, and every file is held against each of them.
  const end = pattern.startsWith('*') ? pattern.slice(1) : undefined
  if (end !== undefined && !special.test(end)) return (name) => name.endsWith(end)
  const chunks = parseChunks([...pattern])
  return chunks === undefined ? undefined : (name) => matchChunks(chunks, [...name])
}

const special = /[*?[\\]/

/** A run of atoms; with `isFloating` any text may stand before it. */
type Chunk = { readonly isFloating: boolean; readonly atoms: readonly Atom[] }
type Atom = (char: string) => boolean

function parseChunks(chars: readonly string[]): readonly Chunk[] | undefined {
  const chunks: { isFloating: boolean; atoms: Atom[] }[] = [{ isFloating: false, atoms: [] }]
  for (let at = 0; at < chars.length; ) {
    if (chars[at] === '*') {
      chunks.push({ isFloating: true, atoms: [] })
      at += 1
      continue
    }
    const parsed = parseAtom(chars, at)
    if (parsed === undefined) return undefined
    chunks.at(-1)?.atoms.push(parsed.atom)
    at = parsed.next
  }
  const last = chunks.length - 1
  return chunks.filter((chunk, index) => chunk.atoms.length > 0 || index === 0 || index === last)
}

function parseAtom(chars: readonly string[], at: number): { atom: Atom; next: number } | undefined {
  const char = chars[at]
  if (char === '?') return { atom: () => true, next: at + 1 }
  if (char === '[') return parseClass(chars, at + 1)
  const literal = readChar(chars, at)
  return literal && { atom: (other) => other === literal.char, next: literal.next }
}

function parseClass(
  chars: readonly string[],
  start: number,
): { atom: Atom; next: number } | undefined {
  const isNegated = chars[start] === '^'
  const ranges: { low: number; high: number }[] = []
  let at = isNegated ? start + 1 : start
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = readMember(chars, at)
    const high = low && chars[low.next] === '-' ? readMember(chars, low.next + 1) : low
    if (low === undefined || high === undefined) return undefined
    ranges.push({ low: codeOf(low.char), high: codeOf(high.char) })
    at = high.next
  }
  const holds = (code: number): boolean =>
    ranges.some(({ low, high }) => low <= code && code <= high)
  return { atom: (char) => holds(codeOf(char)) !== isNegated, next: at + 1 }
}

function readMember(chars: readonly string[], at: number): ReturnType<typeof readChar> {
  return chars[at] === '-' || chars[at] === ']' ? undefined : readChar(chars, at)
}

function readChar(
  chars: readonly string[],
  at: number,
): { readonly char: string; readonly next: number } | undefined {
  const next = chars[at] === '\\' ? at + 1 : at
  const char = chars[next]
  return char === undefined ? undefined : { char, next: next + 1 }
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0
}

/** Each floating chunk takes its first fit; only the last one must end where the name does. */
function matchChunks(chunks: readonly Chunk[], name: readonly string[]): boolean {
  let from = 0
  for (const [index, chunk] of chunks.entries()) {
    const latest = name.length - chunk.atoms.length
    const isLast = index === chunks.length - 1
    const first = isLast && chunk.isFloating ? Math.max(from, latest) : from
    const at = findChunk(chunk, name, first, chunk.isFloating ? latest : from)
    if (at === undefined) return false
    from = at + chunk.atoms.length
    if (isLast && from !== name.length) return false
  }
  return true
}

function findChunk(
  { atoms }: Chunk,
  name: readonly string[],
  first: number,
  last: number,
): number | undefined {
  for (let at = first; at <= last && at + atoms.length <= name.length; at += 1) {
    if (atoms.every((atom, index) => atom(name[at + index] ?? ''))) return at
  }
  return undefined
}
