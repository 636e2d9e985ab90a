import { globSync, readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import {
  buildKustomization,
  type KustomizationBuildSpec,
} from '../../lib/kustomize/flux/build-kustomization.ts'
import type { JsonObject } from '../../lib/manifest/object.ts'
import { parseTxtar } from '../txtar.ts'

/** A folder `app`, the spec of a Kustomization that points at it, and what `flux build kustomization` prints. */
export type FluxCase = {
  readonly path: string
  readonly name: string
  readonly spec: KustomizationBuildSpec
  readonly files: Readonly<Record<string, string>>
  readonly want: string | undefined
  readonly wantError: string | undefined
}

export function loadFluxCases(): readonly FluxCase[] {
  const root = `${import.meta.dirname}/flux-cases`
  return globSync('*.txtar', { cwd: root })
    .sort()
    .map((file) => {
      const path = `${root}/${file}`
      const all = parseTxtar(readFileSync(path, 'utf8')).files
      const { 'spec.yaml': spec = '', ...rest } = Object.fromEntries(all)
      const { 'want.yaml': want, 'want.error': wantError, ...files } = rest
      const name = file.replace('.txtar', '')
      return { path, name, spec: parse(spec) ?? {}, files, want, wantError: wantError?.trim() }
    })
}

export function runFluxCase({ spec, files }: FluxCase): readonly JsonObject[] {
  return buildKustomization(treeOfTexts(files), 'app', spec).objects
}

/** The objects of a text without the labels by which Flux marks what it owns. */
export function readFluxOutput(text: string): readonly unknown[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null)
    .map(withoutOwner)
}

function withoutOwner(object: { metadata: { labels?: Record<string, string> } }): unknown {
  const { labels = {}, ...metadata } = object.metadata
  const own = Object.entries(labels).filter(
    ([key]) => !key.startsWith('kustomize.toolkit.fluxcd.io/'),
  )
  return {
    ...object,
    metadata: { ...metadata, ...(own.length > 0 && { labels: Object.fromEntries(own) }) },
  }
}
