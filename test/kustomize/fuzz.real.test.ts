import { expect, it } from 'vitest'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { compareCase } from './fuzz/compare.ts'
import { compareEnvsubst } from './fuzz/compare-envsubst.ts'
import { compareFlux } from './fuzz/compare-flux.ts'
import { makeCase } from './fuzz/make-case.ts'
import { makeEnvsubstCase } from './fuzz/make-envsubst-case.ts'
import { makeFluxCase } from './fuzz/make-flux-case.ts'
import { oddFieldCases } from './fuzz/odd-fields.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number)

describeWithPeers(['kustomize'], 'made-up kustomizations', () => {
  it('build to what kustomize prints, or fail where it fails', async () => {
    for (const number of numbers(240)) {
      const verdict = await compareCase(makeCase('ci', number))
      expect(verdict, `npm run fuzz -- --seed ci --from ${number} --count 1`).not.toMatchObject({
        outcome: 'different',
      })
    }
  })
})

describeWithPeers(['kustomize'], 'fields with odd values', () => {
  it('build to what kustomize prints, or fail where it fails', async () => {
    for (const [number, entry] of oddFieldCases('ci').slice(0, 160).entries()) {
      const verdict = await compareCase(entry)
      const again = `npm run fuzz -- --fields --seed ci --from ${number} --count 1`
      expect(verdict, again).not.toMatchObject({ outcome: 'different' })
    }
  })
})

describeWithPeers(['flux'], 'made-up Kustomizations of Flux', () => {
  it('build to what flux prints, or fail where it fails', async () => {
    for (const number of numbers(30)) {
      const entry = makeFluxCase('ci', number)
      const [real, ours] = await compareFlux(entry)
      expect(ours.text, JSON.stringify({ number, ...entry, fault: real.fault })).toBe(real.text)
    }
  })
})

describeWithPeers(['flux'], 'made-up texts with variables', () => {
  it('become what flux envsubst prints', async () => {
    for (const number of numbers(100)) {
      const entry = makeEnvsubstCase('ci', number)
      const [real, ours] = await compareEnvsubst(entry)
      expect(ours.text, JSON.stringify({ number, ...entry, fault: real.fault })).toBe(real.text)
    }
  })
})
