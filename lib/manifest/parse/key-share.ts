import type { YamlScalar } from '../node.ts'

/**
 * What the maps of one text have in common: most hold the same few keys in the same order, and so share their key
 * nodes and their rows of keys. This is a quarter of a tree's memory.
 */
export type KeyShare = {
  /** Key nodes by text. */
  readonly keys: Map<string, YamlScalar>
  readonly root: Step
  steps: number
}

/** A row of keys as far as it goes here, and how it may go on. */
type Step = {
  row: YamlScalar[] | undefined
  /** Where the last row went on: the next one mostly does too. */
  lastKey: YamlScalar | undefined
  lastStep: Step | undefined
  readonly others: Map<YamlScalar, Step>
}

/** Longer rows, and more different ones, are hardly ever met again. */
const maxLength = 24
const maxSteps = 5_000

export function createKeyShare(): KeyShare {
  return { keys: new Map(), root: createStep(), steps: 0 }
}

/** The node that stands for all keys that are written alike; plain strings only, others are rare. */
export function shareKey({ keys }: KeyShare, key: YamlScalar): YamlScalar {
  if (key.style !== 'plain' || key.isTagged || key.tag !== '!!str') return key
  const shared = keys.get(key.value)
  if (shared !== undefined) return shared
  keys.set(key.value, key)
  return key
}

/** The row that stands for all that equal `keys[start..end)`; undefined where it is not worth it. Nobody may change it. */
export function shareRow(
  share: KeyShare,
  keys: readonly YamlScalar[],
  start: number,
  end: number,
): YamlScalar[] | undefined {
  if (end - start > maxLength) return undefined
  let step: Step | undefined = share.root
  for (let at = start; at < end && step !== undefined; at++) {
    const key = keys[at]
    step = key === step.lastKey ? step.lastStep : nextStep(share, step, key)
  }
  if (step === undefined) return undefined
  step.row ??= keys.slice(start, end)
  return step.row
}

function nextStep(share: KeyShare, step: Step, key: YamlScalar | undefined): Step | undefined {
  if (key === undefined) return undefined
  let next = step.others.get(key)
  if (next === undefined) {
    if (share.steps >= maxSteps) return undefined
    share.steps += 1
    next = createStep()
    step.others.set(key, next)
  }
  step.lastKey = key
  step.lastStep = next
  return next
}

function createStep(): Step {
  return { row: undefined, lastKey: undefined, lastStep: undefined, others: new Map() }
}
