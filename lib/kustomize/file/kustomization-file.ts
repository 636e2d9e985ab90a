import type { Json } from '../../manifest/object.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import type { Gvk } from '../resource/resource-id.ts'

/** What a kustomization file says, with its fix-ups made: every list is there, deprecated spellings are folded in. */
export type KustomizationFile = {
  readonly kind: string
  readonly resources: readonly string[]
  readonly components: readonly string[]
  readonly configurations: readonly string[]
  readonly crds: readonly string[]
  readonly openapi: ReadonlyMap<string, string>
  readonly configMapGenerator: readonly GeneratorArgs[]
  readonly secretGenerator: readonly GeneratorArgs[]
  readonly generatorOptions: GeneratorOptions | undefined
  readonly helmCharts: readonly Json[]
  readonly generators: readonly string[]
  readonly transformers: readonly string[]
  readonly validators: readonly string[]
  readonly namespace: string
  readonly namePrefix: string
  readonly nameSuffix: string
  readonly labels: readonly LabelEntry[]
  readonly commonLabels: ReadonlyMap<string, string>
  readonly commonAnnotations: ReadonlyMap<string, string>
  readonly patches: readonly Patch[]
  readonly patchesStrategicMerge: readonly string[]
  readonly patchesJson6902: readonly Patch[]
  readonly images: readonly ImageEntry[]
  /** The field's old name; what stands there comes behind `images`. */
  readonly imageTags: readonly ImageEntry[]
  readonly replicas: readonly ReplicaEntry[]
  readonly replacements: readonly ReplacementEntry[]
  readonly vars: readonly Var[]
  readonly sortOptions: SortOptions | undefined
  readonly buildMetadata: readonly string[]
}

export type GeneratorArgs = {
  readonly name: string
  readonly namespace: string
  readonly behavior: string
  readonly literals: readonly string[]
  readonly files: readonly string[]
  readonly envs: readonly string[]
  /** Of a Secret. */
  readonly type: string
  readonly options: GeneratorOptions | undefined
}

export type GeneratorOptions = {
  readonly labels: ReadonlyMap<string, string>
  readonly annotations: ReadonlyMap<string, string>
  readonly disableNameSuffixHash: boolean
  readonly immutable: boolean
}

export type LabelEntry = {
  readonly pairs: ReadonlyMap<string, string>
  readonly includeSelectors: boolean
  readonly includeTemplates: boolean
  readonly fields: readonly FieldSpec[]
}

export type Patch = {
  readonly path: string
  readonly patch: string
  readonly target: Selector | undefined
  readonly allowNameChange: boolean
  readonly allowKindChange: boolean
}

/** Regular expressions, anchored on both sides; an empty one matches everything. */
export type Selector = Gvk & {
  readonly name: string
  readonly namespace: string
  readonly labelSelector: string
  readonly annotationSelector: string
}

export type ImageEntry = {
  readonly name: string
  readonly newName: string
  readonly newTag: string
  readonly tagSuffix: string
  readonly digest: string
}

export type ReplicaEntry = { readonly name: string; readonly count: number }

export type ReplacementEntry = {
  readonly path: string
  readonly source: ReplacementSource | undefined
  readonly sourceValue: string | undefined
  /** Undefined where the field is absent, which is another fault than an empty list. */
  readonly targets: readonly ReplacementTarget[] | undefined
}

export type ReplacementSource = Gvk & {
  readonly name: string
  readonly namespace: string
  readonly fieldPath: string
  readonly options: FieldOptions | undefined
}

export type ReplacementTarget = {
  readonly select: Selector | undefined
  readonly reject: readonly Selector[]
  readonly fieldPaths: readonly string[]
  readonly options: FieldOptions | undefined
}

export type FieldOptions = {
  readonly delimiter: string
  readonly index: number
  readonly create: boolean
}

export type Var = {
  readonly name: string
  readonly objref: Gvk & { readonly name: string; readonly namespace: string }
  readonly fieldPath: string
}

export type SortOptions = {
  readonly order: string
  readonly legacySortOptions:
    | { readonly orderFirst: readonly string[]; readonly orderLast: readonly string[] }
    | undefined
}
