/**
 * Cases of the shared corpus in which we differ from kustomize 5.8.1 on purpose, each with its reason; at most ten, and none from a real
 * repository. A case that is listed here and agrees fails the run.
 */
export const knownDifferences: ReadonlyMap<string, string> = new Map()
