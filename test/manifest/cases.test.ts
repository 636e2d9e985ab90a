import { describe, expect, it } from 'vitest'
import { loadCases, runCase } from './cases.ts'

describe.each(['print', 'json-patch', 'strategic-merge'])('%s', (topic) => {
  const cases = loadCases().filter((entry) => entry.topic === topic)

  it.each(cases)('$name', (entry) => {
    const code = entry.files.get('want.error')?.trim()
    if (code === undefined) expect(runCase(entry)).toBe(entry.files.get('want.yaml'))
    else expect(() => runCase(entry)).toThrow(expect.objectContaining({ code }))
  })
})
