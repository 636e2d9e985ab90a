import { plainFields } from './plain.ts'
import { redact as redactByRules } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type Fields = Readonly<Record<string, unknown>>

export type Logger = {
  readonly debug: Log
  readonly info: Log
  readonly warn: Log
  readonly error: Log
}

export type Log = (message: string, fields?: Fields) => void

/** One thing to log, with every secret already removed. */
export type LogEntry = {
  readonly time: Date
  readonly level: LogLevel
  readonly message: string
  readonly fields: Fields
}

export type LoggerOptions = {
  /** What is less than this is dropped; `info` by default. */
  readonly level?: LogLevel
  readonly now?: () => Date
  /** Removes secrets from each text; the rules of `redact` by default. */
  readonly redact?: (text: string) => string
  /** One line, without its end; JSON by default. */
  readonly format?: (entry: LogEntry) => string
}

/**
 * Writes one line an entry. Redaction happens here and nowhere at call sites: every text in the message and the fields
 * passes through it, fields named like a secret are masked whole, and so is what a Kubernetes Secret holds.
 */
export function createLogger(write: (line: string) => void, options: LoggerOptions = {}): Logger {
  const { level: lowest = 'info', now = () => new Date(), redact = redactByRules } = options
  const format = options.format ?? formatJson
  const log =
    (level: LogLevel): Log =>
    (message, fields = {}) => {
      if (rank[level] < rank[lowest]) return
      const entry = {
        time: now(),
        level,
        message: redact(message.slice(0, maxMessage)),
        fields: plainFields(fields, redact),
      }
      write(format(entry))
    }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

/** A logger whose every entry carries `fields` too. */
export function withFields(logger: Logger, fields: Fields): Logger {
  const log =
    (level: LogLevel): Log =>
    (message, more = {}) =>
      logger[level](message, { ...fields, ...more })
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

/** `{"time":…,"level":…,"message":…,…}` on one line; a field cannot replace these three. */
function formatJson({ time, level, message, fields }: LogEntry): string {
  const head = { time: time.toISOString(), level, message }
  return JSON.stringify({ ...head, ...fields, ...head }).replace(hidden, escapeCharacter)
}

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }
const maxMessage = 32_000

/** JSON leaves these as they are; a terminal would obey the first range. */
const hidden = /[\u007f-\u009f\u2028\u2029]/g

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
