import { RE2JS } from 're2js'
import { messageOf } from '../status/error.ts'
import { BuildError } from './build-error.ts'

/** Finds a pattern anywhere in a text; runs in linear time whatever the pattern is. */
export type Regex = { readonly test: (text: string) => boolean }

/** Compiles a user's regular expression by the rules of RE2, which are Go's. */
export function compileRegex(pattern: string, where: string): Regex {
  if (pattern.length > maxLength) {
    throw new BuildError('InvalidSelector', `${where}: the regular expression is too long`)
  }
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    throw new BuildError(
      'InvalidSelector',
      `${where}: '${pattern}' is no regular expression: ${messageOf(cause)}`,
      { cause },
    )
  }
}

const maxLength = 10_000

const literal = /^[\w/:-]+$/

/** Matches a whole text; an empty pattern matches every text. */
export function compileAnchored(pattern: string, where: string): (text: string) => boolean {
  if (pattern === '') return () => true
  if (literal.test(pattern)) return (text) => text === pattern
  const regex = compileRegex(`^(?:${pattern})$`, where)
  return (text) => regex.test(text)
}
