import pc from 'picocolors'
import type { Json } from '../manifest/object.ts'
import { printYaml } from '../manifest/print.ts'

/** Where a command writes: data to stdout, everything else to stderr. */
export type Output = {
  readonly data: (text: string) => void
  readonly note: (text: string) => void
  readonly action: (text: string) => void
  readonly waiting: (text: string) => void
  readonly success: (text: string) => void
  readonly warning: (text: string) => void
  readonly failure: (text: string) => void
}

/** flux's glyphs: ► action, ◎ waiting, ✔ success, ⚠️ warning, ✗ failure. Control characters never reach the terminal. */
export function createOutput(
  stdout: (text: string) => void,
  stderr: (text: string) => void,
  hasColors: boolean,
): Output {
  const colors = pc.createColors(hasColors)
  const line = (text: string) => stderr(`${withoutControls(text)}\n`)
  return {
    data: stdout,
    note: line,
    action: (text) => line(`${colors.cyan('►')} ${text}`),
    waiting: (text) => line(`${colors.yellow('◎')} ${text}`),
    success: (text) => line(`${colors.green('✔')} ${text}`),
    warning: (text) => line(`⚠️ ${text}`),
    failure: (text) => line(`${colors.red('✗')} ${text}`),
  }
}

/** Texts from clusters and repositories may hold escape sequences; a terminal must not obey them. */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '')
}

export type Format = 'table' | 'json' | 'yaml'

/** `value` as JSON or YAML text. */
export function formatData(value: unknown, format: 'json' | 'yaml'): string {
  const json: Json = JSON.parse(JSON.stringify(value))
  return format === 'json' ? `${JSON.stringify(json, null, 2)}\n` : printYaml(json)
}
