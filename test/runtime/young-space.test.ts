import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

/** Makes garbage of which a part survives for a while, and says how large the young space has become, in MB. */
const program = (isHeld: boolean) => `
import { getHeapSpaceStatistics } from 'node:v8'
import { holdYoungSpace } from './lib/runtime/young-space.ts'
const size = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 1e6
if (${isHeld}) holdYoungSpace(8)
let kept = []
for (let round = 0; round < 400; round += 1) {
  for (let index = 0; index < 5_000; index += 1) kept.push({ index, list: [index], text: 'x' + index })
  if (kept.length > 20_000) kept = []
  await new Promise((resolve) => setTimeout(resolve, round < 100 ? 1 : 0))
}
console.log(size())
`

async function sizeMb(isHeld: boolean): Promise<number> {
  const args = ['--input-type=module', '--eval', program(isHeld)]
  return Number((await run(process.execPath, args)).stdout)
}

it('holds the young part of the heap, which grows much larger by itself', async () => {
  const [held, free] = await Promise.all([sizeMb(true), sizeMb(false)])
  expect(held).toBeLessThan(free)
  expect(held).toBeLessThanOrEqual(34)
})
