import type { JsonObject } from '../manifest/object.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { Fields } from './fields.ts'
import { optional } from './optional.ts'

/** Source: flux.md §1.6; kustomize-controller api/v1/kustomization_types.go. */
export type KustomizationSpec = {
  readonly intervalMs: number
  readonly retryIntervalMs: number
  readonly timeoutMs: number
  readonly isSuspended: boolean
  readonly sourceRef: SourceRef
  /** Relative to the artifact's root; empty for the root. */
  readonly path: string
  readonly isPruned: boolean
  readonly deletionPolicy: DeletionPolicy
  readonly isForced: boolean
  readonly isWaiting: boolean
  readonly healthChecks: readonly HealthCheckRef[]
  readonly dependsOn: readonly Dependency[]
  readonly commonMetadata: CommonMetadata
  readonly build: BuildSpec
  readonly postBuild?: PostBuild
  readonly kubeConfig?: KubeConfigRef
  readonly serviceAccountName?: string
  /** Fields of objects that are left as they are in the cluster. */
  readonly ignore: readonly IgnoreRule[]
  readonly notBuilt: readonly string[]
}

export type SourceRef = {
  readonly kind: 'GitRepository' | 'Bucket' | 'OCIRepository' | 'ExternalArtifact'
  readonly name: string
  /** The Kustomization's own where absent. */
  readonly namespace?: string
}

export type DeletionPolicy = 'MirrorPrune' | 'Delete' | 'WaitForTermination' | 'Orphan'

export type HealthCheckRef = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

export type Dependency = {
  readonly name: string
  readonly namespace?: string
  readonly readyExpr?: string
}

export type CommonMetadata = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** The part that is merged into the kustomization file. `patches` and `images` stay as they were written. */
export type BuildSpec = {
  readonly targetNamespace?: string
  readonly namePrefix?: string
  readonly nameSuffix?: string
  readonly patches: readonly JsonObject[]
  readonly images: readonly JsonObject[]
  readonly components: readonly string[]
  readonly ignoreMissingComponents: boolean
  readonly buildMetadata?: readonly string[]
}

export type PostBuild = {
  readonly substitute: Readonly<Record<string, string>>
  readonly substituteFrom: readonly SubstituteRef[]
  readonly strategy: 'WithVariables' | 'Always'
}

export type SubstituteRef = {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly isOptional: boolean
}

export type IgnoreRule = {
  /** JSON pointers. */
  readonly paths: readonly string[]
  /** Every object where absent. */
  readonly target?: ObjectSelector
}

/** Patterns are anchored regular expressions; selectors in Kubernetes syntax. */
export type ObjectSelector = {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

export type KubeConfigRef = { readonly secretName: string; readonly key?: string }

const minTimeoutMs = 30_000
const sourceKinds = ['GitRepository', 'Bucket', 'OCIRepository', 'ExternalArtifact'] as const
const policies = ['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'] as const

export function readKustomization(spec: Fields): KustomizationSpec {
  const intervalMs = spec.requiredDurationMs('interval')
  const timeoutMs = spec.durationMs('timeout') ?? intervalMs - minTimeoutMs
  const postBuild = spec.section('postBuild')
  return {
    intervalMs,
    retryIntervalMs: spec.durationMs('retryInterval') ?? intervalMs,
    timeoutMs: Math.max(timeoutMs, minTimeoutMs),
    isSuspended: spec.flag('suspend') ?? false,
    sourceRef: readSourceRef(spec),
    path: spec.text('path') ?? '',
    isPruned: readPrune(spec),
    deletionPolicy: spec.choice('deletionPolicy', policies) ?? 'MirrorPrune',
    isForced: spec.flag('force') ?? false,
    isWaiting: spec.flag('wait') ?? false,
    healthChecks: spec.sections('healthChecks').map(readHealthCheck),
    dependsOn: spec.sections('dependsOn').map(readDependency),
    commonMetadata: readCommonMetadata(spec.section('commonMetadata')),
    build: readBuildSpec(spec),
    ...optional('postBuild', postBuild === undefined ? undefined : readPostBuild(postBuild)),
    ...optional('kubeConfig', readKubeConfig(spec)),
    ...optional('serviceAccountName', spec.text('serviceAccountName')),
    ignore: spec.sections('ignore').map(readIgnoreRule),
    notBuilt: readNotBuilt(spec),
  }
}

/** `decryption` alone is no reason to refuse: whatever is encrypted is refused where it is met. */
function readNotBuilt(spec: Fields): readonly string[] {
  spec.raw('decryption')
  return ['healthCheckExprs'].filter((key) => spec.has(key))
}

function readIgnoreRule(fields: Fields): IgnoreRule {
  const target = fields.section('target')
  const paths = fields.texts('paths')
  return { paths, ...optional('target', target === undefined ? undefined : readSelector(target)) }
}

function readSelector(target: Fields): ObjectSelector {
  return {
    ...optional('group', target.text('group')),
    ...optional('version', target.text('version')),
    ...optional('kind', target.text('kind')),
    ...optional('name', target.text('name')),
    ...optional('namespace', target.text('namespace')),
    ...optional('labelSelector', target.text('labelSelector')),
    ...optional('annotationSelector', target.text('annotationSelector')),
  }
}

function readPrune(spec: Fields): boolean {
  if (!spec.has('prune')) spec.fault('prune', 'is missing', 'write prune: true or prune: false')
  return spec.flag('prune') ?? false
}

function readSourceRef(spec: Fields): SourceRef {
  const ref = spec.requiredSection('sourceRef')
  ref.text('apiVersion')
  if (!ref.has('kind')) ref.fault('kind', 'is missing', `write ${sourceKinds.join(', ')}`)
  return {
    kind: ref.choice('kind', sourceKinds) ?? 'GitRepository',
    name: ref.requiredText('name'),
    ...optional('namespace', ref.text('namespace')),
  }
}

function readHealthCheck(fields: Fields): HealthCheckRef {
  return {
    apiVersion: fields.text('apiVersion') ?? 'apps/v1',
    kind: fields.requiredText('kind'),
    name: fields.requiredText('name'),
    namespace: fields.text('namespace') ?? '',
  }
}

function readDependency(fields: Fields): Dependency {
  return {
    name: fields.requiredText('name'),
    ...optional('namespace', fields.text('namespace')),
    ...optional('readyExpr', fields.text('readyExpr')),
  }
}

function readCommonMetadata(fields: Fields | undefined): CommonMetadata {
  return {
    labels: fields?.textMap('labels') ?? {},
    annotations: fields?.textMap('annotations') ?? {},
  }
}

function readBuildSpec(spec: Fields): BuildSpec {
  return {
    ...optional('targetNamespace', spec.text('targetNamespace')),
    ...optional('namePrefix', spec.text('namePrefix')),
    ...optional('nameSuffix', spec.text('nameSuffix')),
    patches: readMaps(spec, 'patches'),
    images: readMaps(spec, 'images'),
    components: spec.texts('components'),
    ignoreMissingComponents: spec.flag('ignoreMissingComponents') ?? false,
    ...optional(
      'buildMetadata',
      spec.has('buildMetadata') ? spec.texts('buildMetadata') : undefined,
    ),
  }
}

function readMaps(spec: Fields, key: string): readonly JsonObject[] {
  const value = spec.raw(key)
  if (value === undefined) return []
  if (Array.isArray(value) && value.every(isJsonObject)) return value
  spec.fault(key, 'is not a list of maps', 'write a list of maps')
  return []
}

function readPostBuild(fields: Fields): PostBuild {
  return {
    substitute: fields.textMap('substitute') ?? {},
    substituteFrom: fields.sections('substituteFrom').map((ref) => ({
      kind: ref.choice('kind', ['ConfigMap', 'Secret']) ?? 'ConfigMap',
      name: ref.requiredText('name'),
      isOptional: ref.flag('optional') ?? false,
    })),
    strategy: fields.choice('substituteStrategy', ['WithVariables', 'Always']) ?? 'WithVariables',
  }
}

function readKubeConfig(spec: Fields): KubeConfigRef | undefined {
  const secretRef = spec.section('kubeConfig')?.requiredSection('secretRef')
  if (secretRef === undefined) return undefined
  return { secretName: secretRef.requiredText('name'), ...optional('key', secretRef.text('key')) }
}
