/** What one text may hold, so that a hostile one fails early instead of filling the memory. */
export type ReadLimits = {
  /** Length of the text in UTF-16 units. */
  readonly maxLength: number
  /** Nesting of maps and lists. */
  readonly maxDepth: number
  readonly maxDocuments: number
  /** Keys, values and elements, over all documents of a text or over all texts of a build. */
  readonly maxNodes: number
  /** Nodes that aliases and merge keys may add over all documents of a text. */
  readonly maxAliasNodes: number
}

/** How many nodes may still be read; what reads them takes them off. */
export type NodeBudget = { left: number }

export const defaultReadLimits: ReadLimits = {
  maxLength: 64 * 1024 * 1024,
  maxDepth: 500,
  maxDocuments: 100_000,
  // The largest bundle of CRDs that was found in public repositories has 150,000.
  maxNodes: 2_000_000,
  maxAliasNodes: 200_000,
}
