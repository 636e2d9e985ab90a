import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePeer } from '../peers/peers.ts'
import type { FluxCase } from './flux-cases.ts'
import { writeFiles } from './kustomize-oracle.ts'

/** What `flux build kustomization` prints for a case, undefined where it fails. */
export function buildWithFlux({ spec, files }: FluxCase): string | undefined {
  const root = mkdtempSync(join(tmpdir(), 'driftless-flux-'))
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'flux-system' },
    spec: {
      interval: '10m',
      path: './app',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'app' },
      ...spec,
    },
  }
  try {
    writeFiles(root, { ...files, 'ks.yaml': JSON.stringify(kustomization) })
    const args = 'build kustomization app --path ./app --kustomization-file ks.yaml --dry-run'
    const run = spawnSync(requirePeer('flux'), args.split(' '), { cwd: root, encoding: 'utf8' })
    return run.status === 0 ? run.stdout : undefined
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
