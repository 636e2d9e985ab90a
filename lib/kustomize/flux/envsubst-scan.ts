import { runeAt } from './byte-text.ts'

/** What a scanner is asked to see; the names are those of the dialect's own scanner. */
export type ScanMode = {
  readonly accept: (rune: string, position: number) => boolean
  readonly hasIdent?: boolean
  readonly hasOpening?: boolean
  readonly hasClosing?: boolean
  /** Doubled dollars, and in arguments escaped slashes, stand for one. */
  readonly hasEscapes?: boolean
}

export type ScanToken = 'end' | 'ident' | 'opening' | 'closing' | 'illegal'

/** A scanner over byte text that follows fluxcd/pkg/envsubst step by step, its slips in counting back included. */
export type EnvsubstScanner = {
  readonly scan: (mode: ScanMode) => ScanToken
  /** The character that comes next, empty at the end. */
  readonly peek: () => string
  /** What a default or substring operator is told by: the character after the next one. */
  readonly peekSecond: () => string
  /** The text of the last token. */
  readonly text: () => string
}

export type DialectOptions = {
  readonly isBackslashEscape: () => boolean
  readonly isCareful: boolean
}

export function createScanner(
  bytes: string,
  { isBackslashEscape, isCareful }: DialectOptions,
): EnvsubstScanner {
  let position = 0
  let width = 0
  let start = 0
  let kept = ''
  let keptFrom = 0

  const read = (): string => {
    const code = bytes.charCodeAt(position)
    if (Number.isNaN(code)) {
      width = 0
      return ''
    }
    const rune = code < 0x80 ? { text: bytes.charAt(position), width: 1 } : runeAt(bytes, position)
    width = rune.width
    position += width
    // A NUL ends the text, as it does in the library.
    return code === 0 ? '' : rune.text
  }
  const unread = (): void => {
    position -= width
  }
  const peek = (): string => {
    const rune = read()
    unread()
    return rune
  }
  const isOpening = (rune: string, mode: ScanMode): boolean => {
    if (mode.hasOpening !== true || rune !== '$') return false
    if (read() === '{' && !(isCareful && peek() === '{')) return true
    unread()
    return false
  }
  const isEscape = (rune: string, mode: ScanMode): boolean => {
    if (mode.hasEscapes !== true) return false
    if (rune === '$') return peek() === '$' && (!isCareful || bytes[position + 1] === '{')
    return rune === '\\' && isBackslashEscape() && ['/', '\\'].includes(peek())
  }
  /** Leaves the character just read out of the token and takes the one behind it. */
  const takeEscaped = (): void => {
    kept += bytes.slice(keptFrom, position - 1)
    keptFrom = position
    position += 1
  }
  const isAccepted = (rune: string, mode: ScanMode): boolean =>
    mode.accept(rune, kept.length + position - keptFrom)
  /** Takes a character into the token; false where the token ends before it. */
  const take = (rune: string, mode: ScanMode): boolean => {
    if (rune === '') {
      unread()
      return false
    }
    if (isOpening(rune, mode)) {
      position -= 2
      return false
    }
    if (isEscape(rune, mode)) takeEscaped()
    else if (!isAccepted(rune, mode)) {
      unread()
      return false
    }
    return true
  }
  const scanIdent = (first: string, mode: ScanMode): boolean => {
    if (isEscape(first, mode)) takeEscaped()
    else if (!isAccepted(first, mode)) return false
    while (take(read(), mode));
    return true
  }

  return {
    scan: (mode) => {
      start = position
      kept = ''
      keptFrom = start
      const rune = read()
      if (rune === '') return 'end'
      if (isOpening(rune, mode)) return 'opening'
      if (mode.hasClosing === true && rune === '}') return 'closing'
      if (mode.hasIdent === true && scanIdent(rune, mode)) return 'ident'
      return 'illegal'
    },
    peek,
    peekSecond: () => {
      read()
      const rune = peek()
      unread()
      return rune
    },
    text: () => kept + bytes.slice(keptFrom, position),
  }
}
