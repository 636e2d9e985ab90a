/** Things that wait for their time, soonest first; of the same time, in the order of their numbers. */
export type Timetable<T extends Timed> = {
  readonly add: (item: T) => void
  /** The first one that is due at `now`, which is no longer in the table. */
  readonly takeDue: (now: number) => T | undefined
  readonly remove: (item: T) => boolean
  readonly nextDueAt: () => number | undefined
  readonly items: () => readonly T[]
}

/** `dueAt` in ms since the epoch. */
export type Timed = { readonly dueAt: number; readonly number: number }

export function createTimetable<T extends Timed>(): Timetable<T> {
  // The soonest stands last, where taking it costs nothing.
  const items: T[] = []
  return {
    add: (item) => {
      items.splice(placeOf(items, item), 0, item)
    },
    takeDue: (now) => {
      const soonest = items.at(-1)
      return soonest !== undefined && soonest.dueAt <= now ? items.pop() : undefined
    },
    remove: (item) => {
      const index = items.indexOf(item)
      return index >= 0 && items.splice(index, 1).length > 0
    },
    nextDueAt: () => items.at(-1)?.dueAt,
    items: () => items,
  }
}

/** Where `item` belongs, found by halving. */
function placeOf(items: readonly Timed[], item: Timed): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = items[middle]
    if (other !== undefined && isLater(other, item)) low = middle + 1
    else high = middle
  }
  return low
}

function isLater(a: Timed, b: Timed): boolean {
  return a.dueAt === b.dueAt ? a.number > b.number : a.dueAt > b.dueAt
}
