import type { JsonObject } from '../manifest/object.ts'
import { printDocuments } from '../manifest/print.ts'

/** The text that `kustomize build` prints: documents joined by `---`, long lines broken at spaces. */
export function printBuild(documents: readonly JsonObject[]): string {
  return printDocuments(documents, { isFolded: true })
}
