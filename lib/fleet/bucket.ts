import type { Fields } from './fields.ts'
import { optional } from './optional.ts'
import { readSourceTiming, type SourceTiming } from './source-timing.ts'

/** Source: source-controller docs/spec/v1/buckets.md. */
export type BucketSpec = SourceTiming & {
  readonly provider: 'generic' | 'aws' | 'gcp' | 'azure'
  readonly bucketName: string
  /** host[:port] without a scheme. */
  readonly endpoint: string
  readonly region?: string
  readonly prefix: string
  readonly isInsecure: boolean
  readonly secretName?: string
  readonly ignore?: string
  readonly notBuilt: readonly string[]
}

const endpointRule = {
  pattern: /^[\w.-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/,
  remedy: 'write host or host:port, without http:// and without a path',
}

export function readBucket(spec: Fields): BucketSpec {
  return {
    ...readSourceTiming(spec),
    provider: spec.choice('provider', ['generic', 'aws', 'gcp', 'azure']) ?? 'generic',
    bucketName: spec.requiredText('bucketName'),
    endpoint: spec.requiredText('endpoint', endpointRule),
    ...optional('region', spec.text('region')),
    prefix: spec.text('prefix') ?? '',
    isInsecure: spec.flag('insecure') ?? false,
    ...optional('secretName', spec.section('secretRef')?.requiredText('name')),
    ...optional('ignore', spec.text('ignore')),
    notBuilt: ['sts', 'certSecretRef', 'proxySecretRef', 'serviceAccountName'].filter((key) =>
      spec.has(key),
    ),
  }
}
