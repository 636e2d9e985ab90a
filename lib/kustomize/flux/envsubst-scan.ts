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

export function createScanner(bytes: string, options: DialectOptions): EnvsubstScanner {
  const cursor = createCursor(bytes)
  const { read, unread } = cursor
  const { isOpening, isEscape } = createMarks(bytes, cursor, options)
  const token = createToken(bytes, cursor)
  const isTaken = (rune: string, mode: ScanMode): boolean => {
    if (!isEscape(rune, mode)) return mode.accept(rune, token.length())
    token.leaveOut()
    return true
  }
  /** Takes a character into the token; false where the token ends before it. */
  const take = (rune: string, mode: ScanMode): boolean => {
    if (isOpening(rune, mode)) {
      cursor.move(-2)
      return false
    }
    if (rune !== '' && isTaken(rune, mode)) return true
    unread()
    return false
  }
  return {
    scan: (mode) => {
      token.begin()
      const rune = read()
      if (rune === '') return 'end'
      if (isOpening(rune, mode)) return 'opening'
      if (mode.hasClosing === true && rune === '}') return 'closing'
      if (mode.hasIdent !== true || !isTaken(rune, mode)) return 'illegal'
      while (take(read(), mode));
      return 'ident'
    },
    peek: cursor.peek,
    peekSecond: cursor.peekSecond,
    text: token.text,
  }
}

type Cursor = {
  readonly position: () => number
  readonly move: (by: number) => void
  /** The next character, empty at the end. */
  readonly read: () => string
  /** Goes back by the width of the last character read, however often it is called. */
  readonly unread: () => void
  readonly peek: () => string
  readonly peekSecond: () => string
}

function createCursor(bytes: string): Cursor {
  let position = 0
  let width = 0
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
  return {
    position: () => position,
    move: (by) => {
      position += by
    },
    read,
    unread,
    peek,
    peekSecond: () => {
      read()
      const rune = peek()
      unread()
      return rune
    },
  }
}

type Marks = Readonly<Record<'isOpening' | 'isEscape', (rune: string, mode: ScanMode) => boolean>>

function createMarks(bytes: string, cursor: Cursor, options: DialectOptions): Marks {
  const { position, read, unread, peek } = cursor
  const { isBackslashEscape, isCareful } = options
  return {
    isOpening: (rune, mode) => {
      if (mode.hasOpening !== true || rune !== '$') return false
      if (read() === '{' && !(isCareful && peek() === '{')) return true
      unread()
      return false
    },
    isEscape: (rune, mode) => {
      if (mode.hasEscapes !== true) return false
      if (rune === '$') return peek() === '$' && (!isCareful || bytes[position() + 1] === '{')
      return rune === '\\' && isBackslashEscape() && ['/', '\\'].includes(peek())
    },
  }
}

type Token = {
  readonly begin: () => void
  /** Leaves the character just read out of the token and takes the one behind it. */
  readonly leaveOut: () => void
  readonly length: () => number
  readonly text: () => string
}

function createToken(bytes: string, { position, move }: Cursor): Token {
  let kept = ''
  let keptFrom = 0
  return {
    begin: () => {
      kept = ''
      keptFrom = position()
    },
    leaveOut: () => {
      kept += bytes.slice(keptFrom, position() - 1)
      keptFrom = position()
      move(1)
    },
    length: () => kept.length + position() - keptFrom,
    text: () => kept + bytes.slice(keptFrom, position()),
  }
}
