import { parseArgs } from 'node:util'
import { messageOf } from '../../status/error.ts'
import type { FolderFlags } from './build-folder.ts'

/** What a line of arguments asks `build` to do. */
export type BuildRequest = FolderFlags & {
  readonly folders: readonly string[]
  readonly output?: string
}

const options = {
  reorder: { type: 'string', default: 'legacy' },
  'load-restrictor': { type: 'string', default: 'LoadRestrictionsRootOnly' },
  as: { type: 'string' },
  output: { type: 'string', short: 'o' },
  'enable-managedby-label': { type: 'boolean', default: false },
} as const

/**
 * Reads the flags of a plain build; a text says what is wrong with them. For where the whole command line is too much: many
 * builds in one process, and a start that must be quick.
 */
export function readFlags(args: readonly string[]): BuildRequest | string {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { reorder, as, output } = values
    const loadRestrictor = values['load-restrictor']
    if (reorder !== 'legacy' && reorder !== 'none') return `--reorder ${reorder}: legacy or none`
    if (
      loadRestrictor !== 'LoadRestrictionsRootOnly' &&
      loadRestrictor !== 'LoadRestrictionsNone'
    ) {
      return `--load-restrictor ${loadRestrictor}: LoadRestrictionsRootOnly or LoadRestrictionsNone`
    }
    if (as !== undefined && as !== 'flux') return `--as ${as}: only flux is known`
    return {
      folders: positionals,
      reorder,
      loadRestrictor,
      enableManagedbyLabel: values['enable-managedby-label'],
      ...(as === undefined ? {} : { as }),
      ...(output === undefined ? {} : { output }),
    }
  } catch (thrown) {
    // Only the first sentence is about the flag.
    return messageOf(thrown).replace(/\. [\s\S]*/, '')
  }
}
