import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { treeOfTexts } from '../../../lib/artifact/tree.ts'
import { maskSecret } from '../../../lib/cli/build/mask-secret.ts'
import { buildTree } from '../../../lib/cli/local-kustomization.ts'
import { readFleetObject } from '../../../lib/fleet/fleet-object.ts'
import { printDocuments } from '../../../lib/manifest/print.ts'
import { requirePeer } from '../../peers/peers.ts'
import { writeFiles } from '../kustomize-oracle.ts'
import { type Answer, runProgram } from './compare.ts'
import type { FluxFuzzCase } from './make-flux-case.ts'

/** What `flux build kustomization --dry-run` prints for a case, and what we make of it. */
export async function compareFlux(entry: FluxFuzzCase): Promise<readonly [Answer, Answer]> {
  const root = mkdtempSync(join(tmpdir(), 'driftless-fuzz-flux-'))
  try {
    writeFiles(root, { ...entry.files, 'ks.yaml': JSON.stringify(kustomizationOf(entry)) })
    const args = 'build kustomization app --path ./app --kustomization-file ks.yaml --dry-run'
    const strict = entry.isStrict ? ['--strict-substitute'] : []
    const real = await runProgram(requirePeer('flux'), [...args.split(' '), ...strict], root)
    const ours = buildOurs(entry)
    if (isBeside(real, ours)) return [real, real]
    return [
      { ...real, text: real.text && evened(real.text) },
      { ...ours, text: ours.text && evened(ours.text) },
    ]
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/**
 * What only one of the two minds: the program hides the values of Secrets, and fails where one is no base64, and it writes its labels
 * over what is no map; we refuse objects that no cluster takes.
 */
function isBeside(real: Answer, ours: Answer): boolean {
  return (
    /failed to mask secret|✗ wrong node kind: expected MappingNode/.test(real.fault) ||
    /are required and have to be strings|must stay strings/.test(ours.fault)
  )
}

/** It says that it was built by nobody, we say which kustomize this is; where it hides values it drops data that are empty. */
function evened(text: string): string {
  return text
    .replaceAll('kustomize-(devel)', 'kustomize-v5.8.1')
    .replaceAll(/^data: \{\}\n((?:immutable: .*\n)?kind: Secret\n)/gm, '$1')
}

const owner = { name: 'app', namespace: 'flux-system' }

function kustomizationOf({ spec }: FluxFuzzCase) {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: owner,
    spec: {
      interval: '10m',
      path: './app',
      prune: true,
      sourceRef: { kind: 'GitRepository', name: 'app' },
      ...spec,
    },
  }
}

function buildOurs(entry: FluxFuzzCase): Answer {
  try {
    return { text: printOurs(entry), fault: '' }
  } catch (fault) {
    return { text: undefined, fault: fault instanceof Error ? String(fault.stack) : String(fault) }
  }
}

function printOurs(entry: FluxFuzzCase): string {
  const read = readFleetObject(kustomizationOf(entry), 'local')
  if (read.type !== 'Kustomization') throw new Error(JSON.stringify(read.faults))
  const variables = new Map(Object.entries(read.spec.postBuild?.substitute ?? {}))
  const folder = { tree: treeOfTexts(entry.files), path: 'app' }
  const { objects } = buildTree(folder, read, variables, entry.isStrict)
  return objects.map((object) => `${printDocuments([maskSecret(object)])}---\n`).join('')
}
