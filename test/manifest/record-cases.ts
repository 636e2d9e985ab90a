import { readFileSync, writeFileSync } from 'node:fs'
import { formatTxtar, parseTxtar } from '../txtar.ts'
import { loadCases } from './cases.ts'
import { buildWithKustomize, folderOf } from './kustomize-oracle.ts'

// Writes `want.yaml` of every case anew from the real kustomize: `npx node test/manifest/record-cases.ts`.
for (const { path, topic, name, files } of loadCases()) {
  if (files.has('want.error')) continue
  const want = buildWithKustomize(folderOf(topic, files))
  if (want === undefined) throw new Error(`${topic}/${name}: kustomize fails; say want.error`)
  const { comment } = parseTxtar(readFileSync(path, 'utf8'))
  writeFileSync(path, formatTxtar({ comment, files: new Map([...files, ['want.yaml', want]]) }))
}
