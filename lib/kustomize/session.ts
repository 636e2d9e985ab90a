import type { NodeBudget, ReadLimits } from '../manifest/limits.ts'
import type { MountedTree } from './load/mounted-tree.ts'
import type { Remotes } from './remote.ts'
import type { Resource } from './resource/resource.ts'
import type { Scope } from './resource/resource-id.ts'
import type { SchemaSource } from './schema/schema.ts'

/** What one build may cost; each bound has its own error. */
export type BuildLimits = {
  /** Nesting of bases and components. */
  readonly maxDepth: number
  /** Kustomization files read, each time anew where one is reached twice. */
  readonly maxKustomizations: number
  readonly maxFileBytes: number
  readonly maxTotalBytes: number
  readonly yaml: ReadLimits
}

/** What all kustomization files of one build share. */
export type Session = {
  /** The source, and in it the repositories that the build came to. */
  readonly tree: MountedTree
  /** What was fetched beforehand; without it remote files and bases are refused. */
  readonly remotes: Remotes | undefined
  readonly limits: BuildLimits
  readonly loadRestrictor: 'rootOnly' | 'none'
  /** Where the root of the tree lies, so that absolute paths below it can be found. */
  readonly absoluteRoot: string | undefined
  /** Files looked for, also those that were not there. */
  readonly reads: Set<string>
  readonly warnings: string[]
  /** Resources of files that were read before the build asks for them; each is taken once. */
  readonly parsed: Map<string, Resource[]>
  readonly scope: Scope
  readonly schema: SchemaSource
  /** What `limits.yaml.maxNodes` leaves: one count over all texts of the build. */
  readonly nodeBudget: NodeBudget
  entered: number
  bytes: number
}
