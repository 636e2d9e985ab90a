import { describe, expect, it } from 'vitest'
import { loadCases, runCase } from './cases.ts'

const cases = loadCases()

describe.each([...new Set(cases.map(({ topic }) => topic))])('driftless %s', (topic) => {
  it.each(cases.filter((entry) => entry.topic === topic))('$name', async (entry) => {
    const { files } = entry
    const { stdout, stderr, exit, left } = await runCase(entry)
    expect({ stdout, stderr, exit, left }).toEqual({
      stdout: files.get('want.stdout') ?? '',
      stderr: files.get('want.stderr') ?? '',
      exit: Number(files.get('want.exit') ?? 0),
      left: files.get('want.file') ?? '',
    })
  })
})
