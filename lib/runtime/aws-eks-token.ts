import { AwsV4Signer } from 'aws4fetch'
import { type AwsCredentials, amzDate, serviceHost } from './aws-call.ts'

export type EksTokenRequest = {
  readonly cluster: string
  readonly region: string
  readonly credentials: AwsCredentials
  readonly at: Date
}

/**
 * Who we are on AWS, as a bearer token of an EKS cluster: a presigned GetCallerIdentity of STS, which the cluster itself
 * calls. The signed header binds it to this cluster. STS takes it for 15 minutes whatever `X-Amz-Expires` says.
 * Sources: aws-iam-authenticator `pkg/token`, AWS CLI `eks get-token`.
 */
export async function createEksToken(request: EksTokenRequest): Promise<string> {
  const { cluster, region, credentials, at } = request
  const query = new URLSearchParams({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Expires': '60',
  })
  const signer = new AwsV4Signer({
    ...credentials,
    method: 'GET',
    // Never another endpoint: the cluster asks AWS's own.
    url: `https://${serviceHost('sts', region)}/?${query}`,
    headers: { 'x-k8s-aws-id': cluster },
    service: 'sts',
    region,
    datetime: amzDate(at),
    signQuery: true,
  })
  const { url } = await signer.sign()
  return `k8s-aws-v1.${Buffer.from(url.href).toString('base64url')}`
}

/** One minute less than STS takes it for. */
export const eksTokenLifeMs: number = 14 * 60_000
