import type { MergeRule, MergeSchema } from '../../manifest/merge/merge-schema.ts'
import { builtinDefinitions, builtinTypes } from '../tables/merge-schema.ts'

let parsed: MergeSchema | undefined

/** How the lists of the built-in types merge. */
export function builtinSchema(): MergeSchema {
  parsed ??= parse()
  return parsed
}

export function isBuiltinType(type: string): boolean {
  return Object.hasOwn(builtinSchema().roots, type)
}

function parse(): MergeSchema {
  const roots = Object.fromEntries(
    builtinTypes
      .trim()
      .split('\n')
      .map((line): [string, number] => {
        const cut = line.lastIndexOf(' ')
        return [line.slice(0, cut), Number(line.slice(cut + 1))]
      }),
  )
  return { roots, defs: builtinDefinitions.slice(1, -1).split('\n').map(parseDefinition) }
}

function parseDefinition(line: string): Readonly<Record<string, MergeRule>> {
  if (line === '') return {}
  return Object.fromEntries(line.split(' ').map(parseField))
}

function parseField(text: string): [string, MergeRule] {
  const [, name = '', sign, rest = ''] = /^(.*?)([>*])(.*)$/.exec(text) ?? []
  if (sign === '>') return [name, Number(rest)]
  const [item = '-', ...mergeKeys] = rest.split(':')
  return [name, [item === '-' ? -1 : Number(item), ...mergeKeys]]
}
