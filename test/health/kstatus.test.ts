import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { ObjectStatus } from '../../lib/health/object-status.ts'
import { computeFluxStatus, computeStatus } from '../../lib/health/status.ts'
import type { KubeObject } from '../../lib/manifest/object.ts'

type Answer = Partial<ObjectStatus> & { readonly error?: string }
type Case = { readonly object: KubeObject; readonly kstatus: Answer; readonly flux?: Answer }

const now = new Date('2026-11-23T12:00:00Z')

/**
 * Made-up objects with odd and missing fields, and what kstatus says of them (fluxcd/cli-utils v1.2.3); `flux` is what
 * Flux's reader of Jobs says (fluxcd/pkg/runtime v0.110.3). An error of theirs leaves the state unknown.
 */
const cases: readonly Case[] = readFileSync(new URL('cases/kstatus.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

it('says of odd objects what kstatus says, and of Jobs what Flux says', () => {
  const wrong = cases.flatMap(({ object, kstatus, flux }) => {
    const asked: [ObjectStatus, Answer][] = [[computeStatus(object, now), kstatus]]
    if (flux !== undefined) asked.push([computeFluxStatus(object, now), flux])
    return asked
      .map(([got, answer]) => ({ object, got, wanted: statusOf(answer) }))
      .filter(({ got, wanted }) => got.status !== wanted.status || got.message !== wanted.message)
  })
  expect(wrong).toEqual([])
  expect(cases.length).toBeGreaterThan(300)
})

function statusOf({ status, message, error }: Answer) {
  return error === undefined ? { status, message } : { status: 'Unknown', message: error }
}
