import pc from 'picocolors'
import type { Change } from '../inventory/change-set.ts'
import { formatRef } from '../manifest/object.ts'
import { withoutControls } from './output.ts'

/** flux's line for an object, and its fields below it. */
export function formatChange({ ref, action, fields = [] }: Change, hasColors: boolean): string {
  if (action === 'unchanged') return ''
  const colors = pc.createColors(hasColors)
  const words = {
    created: 'created',
    configured: 'drifted',
    deleted: 'deleted',
    skipped: 'skipped',
  }
  const lines = fields.flatMap(({ path, before, after, manager, since }) => [
    `  ${withoutControls(path)}${manager === undefined ? '' : colors.dim(setBy(manager, since))}\n`,
    before === undefined ? '' : colors.red(`  - ${withoutControls(before)}\n`),
    after === undefined ? '' : colors.green(`  + ${withoutControls(after)}\n`),
  ])
  return `► ${formatRef(ref)} ${words[action]}\n${lines.join('')}`
}

/** Whose hand it was, where it was somebody else's. */
function setBy(manager: string, since: string | undefined): string {
  return `, set by ${withoutControls(manager)}${since === undefined ? '' : ` since ${since}`}`
}
