import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { BucketSpec } from '../../fleet/bucket.ts'
import type { Outbound } from '../../http/outbound.ts'
import type { Credentials } from '../credential.ts'
import { SourceError } from '../source-error.ts'
import { createS3Handler } from './s3-handler.ts'

export type AwsCredentials = NonNullable<S3ClientConfig['credentials']>

export type ClientPorts = {
  readonly outbound: Outbound
  /** Keys of the Secret that the source names. */
  readonly credentials?: Credentials
  /** Who we are on AWS, for provider `aws` without a Secret. */
  readonly awsCredentials?: AwsCredentials
  readonly signal?: AbortSignal
}

/** A client of the bucket's endpoint. The buckets of AWS are found by region, all others by path. */
export function createBucketClient(
  spec: BucketSpec,
  ports: ClientPorts,
  maxBytes: number,
): S3Client {
  const isAws = /(?:^|\.)amazonaws\.com(?:\.cn)?$/i.test(hostOf(spec.endpoint))
  return new S3Client({
    region: spec.region ?? (isAws ? regionOf(spec.endpoint) : 'us-east-1'),
    ...(isAws ? { followRegionRedirects: true } : endpointOf(spec)),
    ...credentialsOf(spec, ports, isAws),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: createS3Handler(ports.outbound, {
      maxBytes,
      timeoutMs: spec.timeoutMs,
      ...(ports.signal === undefined ? {} : { signal: ports.signal }),
    }),
  })
}

function hostOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '')
}

function endpointOf({ endpoint, isInsecure }: BucketSpec): S3ClientConfig {
  return { endpoint: `${isInsecure ? 'http' : 'https'}://${endpoint}`, forcePathStyle: true }
}

/** `s3.eu-west-1.amazonaws.com` tells its region, `s3.amazonaws.com` does not. */
function regionOf(endpoint: string): string {
  return /(?:^|\.)s3[.-]([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(endpoint)?.[1] ?? 'us-east-1'
}

type Signing = Pick<S3ClientConfig, 'credentials' | 'signer'>

function credentialsOf(spec: BucketSpec, ports: ClientPorts, isAws: boolean): Signing {
  const text = (key: string): string =>
    new TextDecoder().decode(ports.credentials?.get(key) ?? new Uint8Array()).trim()
  const accessKeyId = text('accesskey')
  const secretAccessKey = text('secretkey')
  if (accessKeyId !== '' && secretAccessKey !== '') {
    return { credentials: { accessKeyId, secretAccessKey } }
  }
  if (spec.secretName !== undefined) {
    throw new SourceError(
      'CredentialInvalid',
      `invalid '${spec.secretName}' secret data: required fields 'accesskey' and 'secretkey'`,
    )
  }
  if (spec.provider === 'aws') return ambient(ports, isAws)
  // A public bucket: nothing is signed.
  return {
    credentials: { accessKeyId: '', secretAccessKey: '' },
    signer: { sign: (request) => Promise.resolve(request) },
  }
}

/** Our own identity goes to AWS and nowhere else. */
function ambient({ awsCredentials }: ClientPorts, isAws: boolean): Signing {
  if (!isAws) {
    throw new SourceError(
      'CredentialBound',
      "provider 'aws' without a secretRef works with endpoints of amazonaws.com only: name a Secret with 'accesskey' and 'secretkey'",
    )
  }
  if (awsCredentials === undefined) {
    throw new SourceError(
      'CredentialInvalid',
      "there is no AWS identity here: name a Secret with 'accesskey' and 'secretkey' in spec.secretRef",
    )
  }
  return { credentials: awsCredentials }
}
