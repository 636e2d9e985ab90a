import { messageOf } from '../status/error.ts'
import {
  type AwsCall,
  type AwsCredentials,
  createAwsCall,
  environmentCredentials,
} from './aws-call.ts'

export type UserAws = {
  readonly call: AwsCall
  readonly credentials: () => Promise<AwsCredentials>
  /** Undefined where neither the environment nor a flag names one. */
  readonly region: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** AWS as the user of this machine: who they are is found out as AWS's own command line does, by its SDK, at the first call. */
export function createUserAws(environment: Environment, region?: string): UserAws {
  const named = region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION
  const credentials = createUserCredentials(environment)
  const call = createAwsCall({
    credentials,
    region: named ?? 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL || undefined,
  })
  return { call, credentials, region: named }
}

/** The SDK keeps what it found until shortly before its end. */
function createUserCredentials(environment: Environment): () => Promise<AwsCredentials> {
  let provider: (() => Promise<AwsCredentials>) | undefined
  return async () => {
    if (environment.AWS_ACCESS_KEY_ID) return environmentCredentials(environment)
    if (provider === undefined) {
      const { S3Client } = await import('@aws-sdk/client-s3')
      provider = new S3Client({ region: 'us-east-1' }).config.credentials
    }
    try {
      return await provider()
    } catch (cause) {
      const message = `AWS credentials cannot be had: ${messageOf(cause)}; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret`
      throw new Error(message, { cause })
    }
  }
}
