/** Character classes of YAML 1.1 over UTF-16 units; the unit behind the end of a text is NaN. */
export const char = {
  tab: 9,
  newline: 10,
  return: 13,
  space: 32,
  bang: 33,
  quote: 34,
  hash: 35,
  percent: 37,
  ampersand: 38,
  apostrophe: 39,
  star: 42,
  plus: 43,
  comma: 44,
  dash: 45,
  dot: 46,
  zero: 48,
  nine: 57,
  colon: 58,
  less: 60,
  greater: 62,
  question: 63,
  at: 64,
  openBracket: 91,
  backslash: 92,
  closeBracket: 93,
  backtick: 96,
  openBrace: 123,
  pipe: 124,
  closeBrace: 125,
  nextLine: 0x85,
  lineSeparator: 0x2028,
  paragraphSeparator: 0x2029,
} as const

export function isBlank(code: number): boolean {
  return code === char.space || code === char.tab
}

export function isBreak(code: number): boolean {
  return (
    code === char.newline ||
    code === char.return ||
    code === char.nextLine ||
    code === char.lineSeparator ||
    code === char.paragraphSeparator
  )
}

/** Blank, break or end of text. */
export function isBlankOrEnd(code: number): boolean {
  return (
    code === char.space ||
    code === char.newline ||
    isBreak(code) ||
    code === char.tab ||
    Number.isNaN(code)
  )
}

/** The characters of anchors, tag handles and directive names. */
export function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === char.dash
  )
}

export function isDigit(code: number): boolean {
  return code >= char.zero && code <= char.nine
}
