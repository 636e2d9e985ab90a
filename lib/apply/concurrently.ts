/**
 * Runs `task` over all items, at most `limit` at a time, and gives its results in the order of the items.
 * Once a task throws no further item is begun; what is under way is waited for, then the first fault by
 * order is thrown.
 */
export async function concurrently<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const faults: { readonly index: number; readonly thrown: unknown }[] = []
  const queue = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (faults.length > 0) return
      try {
        results[index] = await task(item)
      } catch (thrown) {
        faults.push({ index, thrown })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  const [first] = faults.sort((a, b) => a.index - b.index)
  if (first !== undefined) throw first.thrown
  return results
}
