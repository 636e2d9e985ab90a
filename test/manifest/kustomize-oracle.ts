import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePeer } from '../peers/peers.ts'

/** What the real `kustomize build` prints for a folder of these files, undefined where it fails. */
export function buildWithKustomize(files: ReadonlyMap<string, string>): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'driftless-manifest-'))
  try {
    for (const [name, text] of files) writeFileSync(join(folder, name), text)
    const run = spawnSync(requirePeer('kustomize'), ['build', '--reorder', 'none', folder], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    return run.status === 0 ? run.stdout : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The folder that stands for a case: its resource, and its patch for every kind. */
export function folderOf(
  topic: string,
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const target = topic === 'json-patch' ? '\n  target: {kind: .*}' : ''
  const patches = files.has('patch.yaml') ? `patches:\n- path: patch.yaml${target}\n` : ''
  return new Map([...files, ['kustomization.yaml', `resources: [resource.yaml]\n${patches}`]])
}
