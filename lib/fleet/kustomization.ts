import { type BuildSpec, readBuildSpec } from './build-spec.ts'
import { type Fields, lengthRule } from './fields.ts'
import { type ObjectSelector, readSelector } from './object-selector.ts'
import { optional } from './optional.ts'

/** Source: kustomize-controller api/v1/kustomization_types.go. */
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
  readonly healthCheckExprs: readonly HealthExpressions[]
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

/** CEL rules for a kind, or for all kinds of the group where `kind` is empty; an absent rule is empty. */
export type HealthExpressions = {
  readonly apiVersion: string
  readonly kind: string
  readonly current: string
  readonly inProgress: string
  readonly failed: string
}

/** Beyond Flux: another kind of the fleet, or with `apiVersion` any object of the cluster. */
export type Dependency = {
  readonly name: string
  readonly namespace?: string
  /** A Kustomization where absent. */
  readonly kind?: string
  readonly apiVersion?: string
  readonly readyExpr?: string
}

export type CommonMetadata = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export type PostBuild = {
  readonly substitute: Readonly<Record<string, string>>
  readonly substituteFrom: readonly SubstituteRef[]
  readonly strategy: 'WithVariables' | 'Always'
  /** Beyond Flux, by annotation: strings stay strings, `$$` and `${{` stay as they are. */
  readonly isCareful?: boolean
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

export type KubeConfigRef = { readonly secretName: string; readonly key?: string }

const minTimeoutMs = 30_000
const nameRule = lengthRule({ least: 1, most: 253 })
const sourceKinds = ['GitRepository', 'Bucket', 'OCIRepository', 'ExternalArtifact'] as const
const policies = ['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'] as const

export function readKustomization(spec: Fields, isCareful = false): KustomizationSpec {
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
    healthCheckExprs: spec.sections('healthCheckExprs').map(readHealthExpressions),
    dependsOn: spec.sections('dependsOn').map(readDependency),
    commonMetadata: readCommonMetadata(spec.section('commonMetadata')),
    build: readBuildSpec(spec),
    ...optional(
      'postBuild',
      postBuild === undefined ? undefined : readPostBuild(postBuild, isCareful),
    ),
    ...optional('kubeConfig', readKubeConfig(spec)),
    ...optional('serviceAccountName', spec.text('serviceAccountName')),
    ignore: spec.sections('ignore').map(readIgnoreRule),
    notBuilt: readNotBuilt(spec),
  }
}

function readNotBuilt(spec: Fields): readonly string[] {
  checkDecryption(spec.section('decryption'))
  const hasConfigMapRef = spec.section('kubeConfig')?.has('configMapRef') ?? false
  return hasConfigMapRef ? ['kubeConfig.configMapRef'] : []
}

/** It alone is no reason to refuse: whatever is encrypted is refused where it is met. */
function checkDecryption(fields: Fields | undefined): void {
  fields?.requiredChoice('provider', ['sops'])
  fields?.section('secretRef')?.requiredText('name')
  fields?.text('serviceAccountName')
}

function readIgnoreRule(fields: Fields): IgnoreRule {
  const target = fields.section('target')
  if (!fields.has('paths')) fields.fault('paths', 'is missing', 'add a list of JSON pointers')
  const paths = fields.texts('paths')
  return { paths, ...optional('target', target === undefined ? undefined : readSelector(target)) }
}

function readPrune(spec: Fields): boolean {
  if (!spec.has('prune')) spec.fault('prune', 'is missing', 'write prune: true or prune: false')
  return spec.flag('prune') ?? false
}

function readSourceRef(spec: Fields): SourceRef {
  const ref = spec.requiredSection('sourceRef')
  ref.text('apiVersion')
  return {
    kind: ref.requiredChoice('kind', sourceKinds) ?? 'GitRepository',
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

function readHealthExpressions(fields: Fields): HealthExpressions {
  return {
    apiVersion: fields.requiredText('apiVersion'),
    kind: fields.text('kind') ?? '',
    current: fields.requiredText('current'),
    inProgress: fields.text('inProgress') ?? '',
    failed: fields.text('failed') ?? '',
  }
}

function readDependency(fields: Fields): Dependency {
  return {
    name: fields.requiredText('name'),
    ...optional('namespace', fields.text('namespace')),
    ...optional('kind', fields.text('kind')),
    ...optional('apiVersion', fields.text('apiVersion')),
    ...optional('readyExpr', fields.text('readyExpr')),
  }
}

function readCommonMetadata(fields: Fields | undefined): CommonMetadata {
  return {
    labels: fields?.textMap('labels') ?? {},
    annotations: fields?.textMap('annotations') ?? {},
  }
}

function readPostBuild(fields: Fields, isCareful: boolean): PostBuild {
  return {
    substitute: fields.textMap('substitute') ?? {},
    substituteFrom: fields.sections('substituteFrom').map((ref) => ({
      kind: ref.requiredChoice('kind', ['ConfigMap', 'Secret']) ?? 'ConfigMap',
      name: ref.requiredText('name', nameRule),
      isOptional: ref.flag('optional') ?? false,
    })),
    strategy: fields.choice('substituteStrategy', ['WithVariables', 'Always']) ?? 'WithVariables',
    ...optional('isCareful', isCareful || undefined),
  }
}

/** What `configMapRef` names is a cloud's own way in, which is not built: `notBuilt` says so. */
function readKubeConfig(spec: Fields): KubeConfigRef | undefined {
  const kubeConfig = spec.section('kubeConfig')
  if (kubeConfig === undefined) return undefined
  kubeConfig.section('configMapRef')?.requiredText('name')
  const secretRef = kubeConfig.section('secretRef')
  if (kubeConfig.has('configMapRef') === kubeConfig.has('secretRef')) {
    spec.fault('kubeConfig', 'names not exactly one way in', 'name a secretRef and nothing else')
  }
  if (secretRef === undefined) return undefined
  return { secretName: secretRef.requiredText('name'), ...optional('key', secretRef.text('key')) }
}
