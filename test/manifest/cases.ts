import { globSync, readFileSync } from 'node:fs'
import { builtinSchema } from '../../lib/kustomize/schema/builtin-schema.ts'
import { parseJsonPatch, patchNode } from '../../lib/manifest/json-patch.ts'
import type { YamlNode } from '../../lib/manifest/node.ts'
import { nodeToJson } from '../../lib/manifest/node-json.ts'
import { printDocuments } from '../../lib/manifest/print.ts'
import { readDocuments } from '../../lib/manifest/read.ts'
import { mergeStrategic } from '../../lib/manifest/strategic-merge.ts'
import { parseTxtar } from '../txtar.ts'

/** One file of `cases`: a resource, a patch or none, and what kustomize makes of it. */
export type Case = {
  readonly path: string
  readonly topic: string
  readonly name: string
  readonly files: ReadonlyMap<string, string>
}

export function loadCases(): readonly Case[] {
  const root = `${import.meta.dirname}/cases`
  return globSync('*/*.txtar', { cwd: root })
    .sort()
    .map((file) => {
      const path = `${root}/${file}`
      const [topic = '', name = ''] = file.replace('.txtar', '').split('/')
      return { path, topic, name, files: parseTxtar(readFileSync(path, 'utf8')).files }
    })
}

/** What this room makes of a case; throws where it fails. */
export function runCase({ topic, files }: Case): string {
  const resources = readDocuments(files.get('resource.yaml') ?? '')
  const patch = files.get('patch.yaml') ?? ''
  const patched = resources.flatMap((resource) => applyPatch(topic, resource, patch) ?? [])
  return printDocuments(patched.map((node) => nodeToJson(node)))
}

function applyPatch(topic: string, resource: YamlNode, patch: string): YamlNode | undefined {
  if (topic === 'json-patch') return patchNode(resource, parseJsonPatch(patch))
  const [node] = patch === '' ? [] : readDocuments(patch)
  return node === undefined ? resource : mergeStrategic(resource, node, builtinSchema())
}
