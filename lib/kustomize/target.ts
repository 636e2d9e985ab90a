import type { Accumulator } from './accumulator.ts'
import type { KustomizationFile } from './file/kustomization-file.ts'
import type { Place } from './load/loader.ts'
import type { Origin } from './resource/origin.ts'
import type { ResourceList } from './resource/resource-list.ts'
import type { Session } from './session.ts'

/** One kustomization being built. */
export type Target = {
  readonly session: Session
  readonly place: Place
  readonly file: KustomizationFile
  readonly fileName: string
  /** Undefined unless the top file asks for build metadata. */
  readonly origin: Origin | undefined
  /** Takes in files of resources and whole kustomizations; plugins find their configurations with it. */
  readonly gather: (target: Target, paths: readonly string[], accumulator: Accumulator) => void
}

/** Changes the resources of a list. */
export type Transformer = (list: ResourceList) => void
