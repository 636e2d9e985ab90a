/**
 * Which stage an object is in or failed at; Flux's own names where Flux has one.
 * Source: fluxcd/pkg/apis/meta, kustomize-controller api/v1, source-controller api/v1.
 */
const reasons = [
  'Succeeded',
  'Failed',
  'Progressing',
  'ProgressingWithRetry',
  'Suspended',
  'DependencyNotReady',
  'ReconciliationSucceeded',
  'ReconciliationFailed',
  'ArtifactFailed',
  'BuildFailed',
  'HealthCheckFailed',
  'HealthCheckCanceled',
  'PruneFailed',
  'InvalidCELExpression',
  'FeatureGateDisabled',
  'AccessDenied',
  'NewArtifact',
  'NewRevision',
  'GitOperationFailed',
  'GitOperationSucceeded',
  'BucketOperationFailed',
  'AuthenticationFailed',
  'URLInvalid',
  'InvalidProviderConfiguration',
  'EmptyGitRepository',
  'StorageOperationFailed',
  'ArchiveOperationFailed',
  'NotificationDispatchFailed',
  'TokenNotFound',
  'NotSupportedYet',
  'InvalidSpec',
  'ClusterUnreachable',
  'DriftDetected',
] as const

export type Reason = (typeof reasons)[number]
