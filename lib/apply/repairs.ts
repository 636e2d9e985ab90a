import type { Change } from '../inventory/change-set.ts'
import { inventoryId } from '../inventory/inventory.ts'

/** How often one object was repaired from the same drift, and until when it is left alone because of that. */
export type Repair = {
  /** Inventory id. */
  readonly id: string
  /** Which fields, and by whose hand. */
  readonly signature: string
  readonly count: number
  /** RFC 3339: when it was repaired last. */
  readonly at: string
  /** RFC 3339: not repaired again before. */
  readonly heldUntil?: string
  /** How often it was left alone already. */
  readonly holds?: number
}

export type Verdict = {
  readonly mayRepair: boolean
  /** What is to be remembered. */
  readonly repair: Repair
  /** True at the moment it shows that somebody undoes each repair: it is told then, and not at every run. */
  readonly isNewFight: boolean
}

/**
 * Repairs drift, but does not fight: what somebody changes back after a repair is left alone for an hour, then two,
 * up to a day. A controller, which names itself, gets one repair; fields that nobody owns any more, deleted objects and
 * people with kubectl get three in a day.
 */
export function judgeRepair(previous: Repair | undefined, drift: Change, now: Date): Verdict {
  const time = now.getTime()
  const id = inventoryId(drift.ref)
  const signature = signatureOf(drift)
  const isSame =
    previous?.signature === signature && time - Date.parse(previous.at) < forgottenAfterMs
  if (!isSame) {
    return mayRepair({ id, signature, count: 1, at: now.toISOString() })
  }
  const { heldUntil, holds = 0, ...rest } = previous
  if (heldUntil !== undefined && time < Date.parse(heldUntil)) {
    return { mayRepair: false, repair: previous, isNewFight: false }
  }
  const allowed = signature.startsWith(byController) ? 1 : 3
  const isFirstAfterHold = heldUntil !== undefined
  if (rest.count < allowed || isFirstAfterHold) {
    const count = rest.count + 1
    const at = now.toISOString()
    return mayRepair({ ...rest, count, at, ...(holds === 0 ? {} : { holds }) })
  }
  const holdMs = Math.min(firstHoldMs * 2 ** holds, longestHoldMs)
  const until = new Date(time + holdMs).toISOString()
  const repair = { ...rest, at: now.toISOString(), holds: holds + 1, heldUntil: until }
  return { mayRepair: false, repair, isNewFight: holds === 0 }
}

const forgottenAfterMs = 48 * 3_600_000
const firstHoldMs = 3_600_000
const longestHoldMs = 24 * 3_600_000

/** True where it is of no use any more. */
export function isForgotten({ at }: Repair, now: Date): boolean {
  return now.getTime() - Date.parse(at) >= forgottenAfterMs
}

const byController = 'controller '

function signatureOf({ action, fields = [] }: Change): string {
  const managers = [...new Set(fields.map(({ manager }) => manager ?? ''))].sort()
  const isControllers =
    managers.length > 0 &&
    managers.every((manager) => manager !== '' && !manager.startsWith('kubectl'))
  const paths = fields.map(({ path }) => path).sort()
  const kind = isControllers ? byController : 'hand '
  return `${kind}${action} ${managers.join(',')} ${paths.join(',')}`.slice(0, 500)
}

function mayRepair(repair: Repair): Verdict {
  return { mayRepair: true, repair, isNewFight: false }
}
