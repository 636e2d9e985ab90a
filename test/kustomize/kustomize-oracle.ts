import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { requirePeer } from '../peers/peers.ts'
import type { Case } from './cases.ts'

/** What the real `kustomize build` prints for a case, undefined where it fails. */
export function buildWithKustomize({
  args,
  files,
}: Pick<Case, 'args' | 'files'>): string | undefined {
  const root = mkdtempSync(join(tmpdir(), 'driftless-kustomize-'))
  try {
    writeFiles(root, files)
    const run = spawnSync(requirePeer('kustomize'), ['build', ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    return run.status === 0 ? run.stdout : undefined
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

export function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}
