import type { Message } from './queue.ts'
import { createTimetable, type Timetable } from './timetable.ts'

/** A message that is not done: where it stands and how often it was handed out. */
export type Waiting = {
  /** Order of arrival. */
  readonly number: number
  readonly message: Message
  readonly receiveCount: number
  /** ms since the epoch: not before. 0 where it need not wait, whatever the clock says. */
  readonly dueAt: number
}

/**
 * The order of work, without any I/O: first in, first out within a group, one of a group at a time, groups in turn. A
 * delayed message joins its group when it is due; one that failed holds up its group until it is due again.
 */
export type Line = {
  readonly add: (entry: Waiting) => Added
  /** True while a message of this id waits. */
  readonly has: (id: string) => boolean
  /** Takes back what was added in this turn. */
  readonly drop: (id: string) => void
  /** The next message to work on at `now`; its group is busy until it is finished or put back. */
  readonly take: (now: number) => Waiting | undefined
  readonly finish: (taken: Waiting) => void
  readonly putBack: (taken: Waiting, dueAt: number) => void
  /** When something that waits for its time is due next; undefined where nothing does. */
  readonly nextDueAt: () => number | undefined
  readonly waiting: () => readonly Waiting[]
  readonly counts: () => LineCounts
}

/** A double of one that waits is dropped, or moves it forward where it is due sooner: then that one, as it is now. */
export type Added = 'added' | 'dropped' | Waiting

export type LineCounts = {
  readonly waiting: number
  /** Those among them that are not due yet. */
  readonly delayed: number
  readonly working: number
}

export function createLine(): Line {
  const state: State = {
    groups: new Map(),
    ready: [],
    arriving: createTimetable(),
    blocked: createTimetable(),
    byId: new Map(),
    working: new Set(),
  }
  return {
    add: (entry) => add(state, entry),
    has: (id) => state.byId.has(id),
    drop: (id) => {
      const entry = state.byId.get(id)
      if (entry !== undefined && state.arriving.remove(entry)) state.byId.delete(id)
    },
    take: (now) => take(state, now),
    finish: (taken) => {
      state.working.delete(taken.number)
      release(state, taken.message.group)
    },
    putBack: (taken, dueAt) => putBack(state, { ...taken, dueAt }),
    nextDueAt: () => {
      const times = [state.arriving.nextDueAt(), state.blocked.nextDueAt()]
      const known = times.filter((time) => time !== undefined)
      return known.length === 0 ? undefined : Math.min(...known)
    },
    waiting: () => waiting(state),
    counts: () => ({
      waiting: waiting(state).length,
      delayed: state.arriving.items().length + state.blocked.items().length,
      working: state.working.size,
    }),
  }
}

type Group = { readonly entries: Waiting[]; isBusy: boolean; isListed: boolean }

type State = {
  readonly groups: Map<string, Group>
  /** Groups with work and nobody on it, in turn. */
  readonly ready: string[]
  /** Not yet in their group's line. */
  readonly arriving: Timetable<Waiting>
  /** Failed ones, first of their group, which is busy until then. */
  readonly blocked: Timetable<Waiting>
  readonly byId: Map<string, Waiting>
  readonly working: Set<number>
}

function add({ arriving, byId }: State, entry: Waiting): Added {
  const { id } = entry.message
  const double = byId.get(id)
  if (double === undefined) {
    byId.set(id, entry)
    arriving.add(entry)
    return 'added'
  }
  if (entry.dueAt >= double.dueAt || !arriving.remove(double)) return 'dropped'
  const moved = { ...double, dueAt: entry.dueAt }
  byId.set(id, moved)
  arriving.add(moved)
  return moved
}

function take(state: State, now: number): Waiting | undefined {
  admitDue(state, now)
  const name = state.ready.shift()
  const group = name === undefined ? undefined : state.groups.get(name)
  const entry = group?.entries.shift()
  if (group === undefined || entry === undefined) return undefined
  group.isListed = false
  group.isBusy = true
  state.working.add(entry.number)
  const { id } = entry.message
  if (state.byId.get(id)?.number === entry.number) state.byId.delete(id)
  return { ...entry, receiveCount: entry.receiveCount + 1 }
}

function putBack(state: State, entry: Waiting): void {
  const { group, id } = entry.message
  state.working.delete(entry.number)
  groupOf(state, group).entries.unshift(entry)
  if (!state.byId.has(id)) state.byId.set(id, entry)
  state.blocked.add(entry)
}

function admitDue(state: State, now: number): void {
  const { arriving, blocked } = state
  for (let due = arriving.takeDue(now); due !== undefined; due = arriving.takeDue(now)) {
    groupOf(state, due.message.group).entries.push(due)
    offer(state, due.message.group)
  }
  for (let due = blocked.takeDue(now); due !== undefined; due = blocked.takeDue(now)) {
    release(state, due.message.group)
  }
}

function release(state: State, name: string): void {
  groupOf(state, name).isBusy = false
  offer(state, name)
}

/** Lists a group whose turn may come; one without work is forgotten. */
function offer(state: State, name: string): void {
  const group = groupOf(state, name)
  if (group.isBusy || group.isListed) return
  if (group.entries.length === 0) {
    state.groups.delete(name)
    return
  }
  group.isListed = true
  state.ready.push(name)
}

function groupOf({ groups }: State, name: string): Group {
  const known = groups.get(name)
  if (known !== undefined) return known
  const created: Group = { entries: [], isBusy: false, isListed: false }
  groups.set(name, created)
  return created
}

function waiting({ groups, arriving }: State): readonly Waiting[] {
  const inLine = [...groups.values()].flatMap((group) => group.entries)
  return [...inLine, ...arriving.items()].sort((a, b) => a.number - b.number)
}
