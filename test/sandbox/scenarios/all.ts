import { kinds } from './kinds.ts'
import { oddContent } from './odd-content.ts'
import { refusals } from './refusals.ts'
import type { Scenario } from './requests.ts'
import { serverSideApply } from './server-side-apply.ts'
import { writes } from './writes.ts'

/** Played on built-in kinds; those of `custom.ts` need their definition first. */
export const scenarios: readonly Scenario[] = [
  ...serverSideApply,
  ...refusals,
  ...writes,
  ...kinds,
  ...oddContent,
]
