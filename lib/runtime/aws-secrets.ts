import type { Ports } from '../reconcile/ports.ts'
import { createAesSealer, keyBytes } from '../secrets/aes.ts'
import { createAwsSecrets } from '../secrets/aws.ts'
import { createEnvSecrets } from '../secrets/env.ts'
import { createKmsSealer } from '../secrets/kms.ts'
import type { Sealer } from '../secrets/sealer.ts'
import { firstOf, type SecretStore } from '../secrets/secret-store.ts'
import type { AwsBase } from './aws-base.ts'
import { type Environment, required } from './aws-environment.ts'

type Secrets = Pick<Ports, 'secretStore' | 'sealer'>

/**
 * The fleet's own secrets and what seals tokens: DRIFTLESS_SECRET_… and below SECRET_PREFIX in Secrets Manager and SSM; a key
 * of KMS, SEAL_KEY_ID, or the key itself as SEAL_KEY.
 */
export function createAwsSecretPorts(base: AwsBase, environment: Environment): Secrets {
  return { secretStore: secretsOf(base, environment), sealer: sealerOf(base, environment) }
}

/** The environment first: what stands there costs no call. */
function secretsOf({ call, now }: AwsBase, environment: Environment): SecretStore {
  const env = createEnvSecrets(environment)
  const { SECRET_PREFIX: prefix } = environment
  return prefix ? firstOf(env, createAwsSecrets({ call, prefix, now })) : env
}

function sealerOf({ call, now }: AwsBase, environment: Environment): Sealer {
  const { SEAL_KEY_ID: keyId } = environment
  return keyId
    ? createKmsSealer({ call, keyId, now })
    : createAesSealer(async () => sealKey(environment))
}

function sealKey(environment: Environment): Buffer {
  const key = Buffer.from(required(environment, 'SEAL_KEY'), 'base64')
  if (key.length === keyBytes) return key
  throw new Error(
    `SEAL_KEY is not ${keyBytes} bytes in base64; make one with: openssl rand -base64 32`,
  )
}
