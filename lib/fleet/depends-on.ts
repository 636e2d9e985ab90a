/**
 * The first cycle that `start` stands in, as a path that begins and ends with it, or undefined.
 * Each node is looked at once, so the cost is linear in the edges that are reached.
 */
export function cycleThrough(
  start: string,
  dependenciesOf: (node: string) => readonly string[],
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>()
  const waiting = [start]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const next of dependenciesOf(node)) {
      if (next === start) return pathTo(node, start, cameFrom)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, node)
      waiting.push(next)
    }
  }
  return undefined
}

function pathTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [start]
  for (let node: string | undefined = end; node !== undefined && node !== start; ) {
    path.unshift(node)
    node = cameFrom.get(node)
  }
  return [start, ...path]
}
