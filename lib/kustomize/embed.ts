/**
 * What the package exports as `driftless/kustomize`: the builder as pure functions over an in-memory file tree, for any JavaScript
 * runtime. docs/kustomize.md tells how to use it.
 */

export type { Tree, TreeFile, TreeFiles } from '../artifact/tree.ts'
// biome-ignore lint/performance/noBarrelFile: a package has one door; nothing in the house goes through it
export { createTree, treeOfTexts } from '../artifact/tree.ts'
export type { ReadLimits } from '../manifest/limits.ts'
export type { Json, JsonObject, KubeObject } from '../manifest/object.ts'
export { printDocuments } from '../manifest/print.ts'
export type { BuildOptions, BuildResult, Documents, SomeLimits } from './build.ts'
export { build } from './build.ts'
export type { BuildErrorCode } from './build-error.ts'
export { BuildError } from './build-error.ts'
export type { BuiltText } from './build-text.ts'
export { buildText } from './build-text.ts'
export type { BuildSurroundings, KustomizationBuildSpec } from './flux/build-kustomization.ts'
export { buildKustomization } from './flux/build-kustomization.ts'
export type { SubstituteOptions } from './flux/substitute.ts'
export { substitute } from './flux/substitute.ts'
export type { RemoteFile, Remotes } from './remote.ts'
export type { RepoSpec } from './repo-spec.ts'
export type { BuildLimits } from './session.ts'
