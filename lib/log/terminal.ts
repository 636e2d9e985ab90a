import pc from 'picocolors'
import type { LogEntry, LogLevel } from './logger.ts'

export type TerminalOptions = { readonly hasColors?: boolean }

/**
 * Formats entries for people: `10:41:07.123 ✗ message  cluster=staging error="…"`. Control characters are shown, not sent: a
 * commit message must not move the cursor.
 */
export function formatTerminal(options: TerminalOptions = {}): (entry: LogEntry) => string {
  const colors = pc.createColors(options.hasColors ?? false)
  const paint: Readonly<Record<LogLevel, (text: string) => string>> = {
    debug: colors.dim,
    info: colors.green,
    warn: colors.yellow,
    error: colors.red,
  }
  return ({ time, level, message, fields }) => {
    const clock = colors.dim(time.toISOString().slice(11, 23))
    const pairs = Object.entries(fields).map(
      ([name, value]) => `${colors.dim(`${visible(name)}=`)}${visible(shown(value))}`,
    )
    // An event that is no fault and no success yet.
    const glyph = fields.reason === 'DependencyNotReady' ? '◎' : glyphs[level]
    const line = `${clock} ${paint[level](glyph)} ${visible(message)}`
    return pairs.length === 0 ? line : `${line}  ${pairs.join(' ')}`
  }
}

/** Flux's CLI marks its lines so. */
const glyphs: Readonly<Record<LogLevel, string>> = { debug: '·', info: '✔', warn: '⚠️', error: '✗' }

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  if (typeof value === 'object' && value !== null && 'message' in value) {
    return JSON.stringify(value.message)
  }
  return JSON.stringify(value) ?? ''
}

function visible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is made visible
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
