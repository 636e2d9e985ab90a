import { describe, expect, it } from 'vitest'
import { loadFluxCases, readFluxOutput, runFluxCase } from './flux-cases.ts'

describe('a build in the manner of Flux', () => {
  it.each(loadFluxCases())('$name', (entry) => {
    if (entry.wantError === undefined) {
      expect(runFluxCase(entry)).toEqual(readFluxOutput(entry.want ?? 'null'))
    } else {
      const code = entry.wantError
      expect(() => runFluxCase(entry)).toThrow(expect.objectContaining({ code }))
    }
  })
})
