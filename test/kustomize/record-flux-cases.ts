import { readFileSync, writeFileSync } from 'node:fs'
import { formatTxtar, parseTxtar } from '../txtar.ts'
import { loadFluxCases } from './flux-cases.ts'
import { buildWithFlux } from './flux-oracle.ts'

// Writes `want.yaml` of the cases of Flux's layer anew from the flux CLI: `npx node test/kustomize/record-flux-cases.ts`.
const faults: string[] = []
for (const entry of loadFluxCases()) {
  const want = buildWithFlux(entry)
  if ((want === undefined) !== (entry.wantError !== undefined)) {
    faults.push(`${entry.name}: flux ${want === undefined ? 'fails' : 'does not fail'}`)
  } else if (want !== undefined) {
    const { comment, files } = parseTxtar(readFileSync(entry.path, 'utf8'))
    writeFileSync(
      entry.path,
      formatTxtar({ comment, files: new Map([...files, ['want.yaml', want]]) }),
    )
  }
}
if (faults.length > 0) throw new Error(faults.join('\n'))
