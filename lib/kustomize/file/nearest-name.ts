/** The name that a misspelt one probably stands for: at most two letters away, and fewer than half of its own. */
export function nearestName(written: string, names: Iterable<string>): string | undefined {
  const bound = Math.min(2, Math.floor((written.length - 1) / 2))
  let nearest: string | undefined
  let least = bound + 1
  for (const name of names) {
    const distance = distanceOf(written.toLowerCase(), name.toLowerCase(), least)
    if (distance < least) {
      nearest = name
      least = distance
    }
  }
  return nearest
}

/** How many letters have to be put in, left out or exchanged; `bound` where it is that many or more. */
function distanceOf(left: string, right: string, bound: number): number {
  if (Math.abs(left.length - right.length) >= bound) return bound
  let row = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let at = 1; at <= left.length; at++) {
    const next = [at]
    for (let to = 1; to <= right.length; to++) {
      const isSame = left.charAt(at - 1) === right.charAt(to - 1)
      const exchanged = (row[to - 1] ?? 0) + (isSame ? 0 : 1)
      next.push(Math.min(exchanged, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? bound
}
