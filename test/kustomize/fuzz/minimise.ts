/** Files for which `isInteresting` still holds, as small as leaving out files and lines makes them. */
export async function minimise(
  files: Readonly<Record<string, string>>,
  isInteresting: (files: Readonly<Record<string, string>>) => Promise<boolean>,
  budget = 400,
): Promise<Readonly<Record<string, string>>> {
  let left = budget
  const test = async (candidate: Readonly<Record<string, string>>): Promise<boolean> => {
    left -= 1
    return left > 0 && isInteresting(candidate)
  }
  let current = files
  for (let before = ''; before !== JSON.stringify(current) && left > 0; ) {
    before = JSON.stringify(current)
    current = await withoutFiles(current, test)
    for (const name of Object.keys(current)) current = await withoutLines(current, name, test)
  }
  return current
}

type Test = (candidate: Readonly<Record<string, string>>) => Promise<boolean>

async function withoutFiles(
  files: Readonly<Record<string, string>>,
  test: Test,
): Promise<Readonly<Record<string, string>>> {
  let current = files
  for (const name of Object.keys(files)) {
    const candidate = Object.fromEntries(Object.entries(current).filter(([key]) => key !== name))
    if (await test(candidate)) current = candidate
  }
  return current
}

/** Leaves out runs of lines, long ones first; a line goes together with what is indented below it. */
async function withoutLines(
  files: Readonly<Record<string, string>>,
  name: string,
  test: Test,
): Promise<Readonly<Record<string, string>>> {
  let lines = (files[name] ?? '').split('\n')
  const put = (kept: readonly string[]): Readonly<Record<string, string>> => ({
    ...files,
    [name]: kept.join('\n'),
  })
  for (let at = 0; at < lines.length; ) {
    const ends = [blockEnd(lines, at, true), blockEnd(lines, at, false), at + 1].filter(
      (end, index, all) => end > at && all.indexOf(end) === index,
    )
    let isCut = false
    for (const end of ends) {
      const kept = [...lines.slice(0, at), ...lines.slice(end)]
      if (!isCut && (await test(put(kept)))) {
        lines = kept
        isCut = true
      }
    }
    if (!isCut) at += 1
  }
  return put(lines)
}

function blockEnd(lines: readonly string[], at: number, isDocument: boolean): number {
  const line = lines[at] ?? ''
  const depth = line.search(/\S/)
  const isEnd = (next: string): boolean =>
    isDocument
      ? next.startsWith('---')
      : next.trim() !== '' &&
        next.search(/\S/) <= depth &&
        !(
          next.search(/\S/) === depth &&
          next.trimStart().startsWith('- ') &&
          !line.trimStart().startsWith('- ')
        )
  const length = lines.slice(at + 1).findIndex(isEnd)
  return length < 0 ? lines.length : at + 1 + length
}
