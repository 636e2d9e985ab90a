import { readFileSync, writeFileSync } from 'node:fs'
import { formatTxtar, parseTxtar } from '../txtar.ts'
import { type Case, loadCases } from './cases.ts'
import { buildWithKustomize } from './kustomize-oracle.ts'

// Writes `want.yaml` of every case anew from the real kustomize: `npx node test/kustomize/record-cases.ts`.
// Our own output never gets in: without the program this fails, and a case that should fail must fail there too.
const faults = loadCases().flatMap(record)
if (faults.length > 0) throw new Error(faults.join('\n'))

function record(entry: Case): readonly string[] {
  const want = buildWithKustomize(entry)
  const name = `${entry.topic}/${entry.name}`
  if (entry.wantError !== undefined) {
    return want === undefined ? [] : [`${name}: kustomize does not fail; drop want.error`]
  }
  if (want === undefined) return [`${name}: kustomize fails; say want.error`]
  const { comment, files } = parseTxtar(readFileSync(entry.path, 'utf8'))
  const recorded = new Map([...files, ['want.yaml', want]])
  writeFileSync(entry.path, formatTxtar({ comment, files: recorded }))
  return []
}
