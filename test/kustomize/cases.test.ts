import { describe, expect, it } from 'vitest'
import { loadCases, runCase } from './cases.ts'

const topics = new Map<string, ReturnType<typeof loadCases>[number][]>()
for (const entry of loadCases()) {
  topics.set(entry.topic, [...(topics.get(entry.topic) ?? []), entry])
}

describe.each([...topics.keys()])('%s', (topic) => {
  it.each(topics.get(topic) ?? [])('$name', (entry) => {
    if (entry.wantError === undefined) expect(runCase(entry)).toBe(entry.want)
    else {
      const code = entry.wantError
      expect(() => runCase(entry)).toThrow(expect.objectContaining({ code }))
    }
  })
})
