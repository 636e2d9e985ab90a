import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { AwsJsonCall } from '../../lib/secrets/aws-json.ts'

export type FakeAws = {
  readonly call: AwsJsonCall
  /** Actions in the order they were called, `kms TrentService.Decrypt` for instance. */
  readonly calls: string[]
  readonly secrets: Map<string, { readonly SecretString?: string; readonly SecretBinary?: string }>
  readonly parameters: Map<string, string>
  /** What an action is answered instead, by its name. */
  readonly faults: Map<string, Fault>
}

type Fault = { readonly status: number; readonly type: string; readonly message?: string }
type Input = Readonly<Record<string, unknown>>
type Answer = { readonly status: number; readonly body: object }

/** Secrets Manager, SSM and KMS as far as we call them; keys of KMS wrap by AES-GCM with their context. */
export function createFakeAws(keyId = 'arn:key'): FakeAws {
  const calls: string[] = []
  const secrets: FakeAws['secrets'] = new Map()
  const parameters = new Map<string, string>()
  const faults: FakeAws['faults'] = new Map()
  const master = randomBytes(32)
  const no = (type: string, message = type): Answer => {
    return { status: 400, body: { __type: type, message } }
  }
  const actions: Readonly<Record<string, (input: Input) => Answer>> = {
    'secretsmanager.GetSecretValue': ({ SecretId }) => {
      const body = secrets.get(String(SecretId))
      return body === undefined ? no('ResourceNotFoundException') : { status: 200, body }
    },
    'AmazonSSM.GetParameter': ({ Name, WithDecryption }) => {
      const Value = parameters.get(String(Name))
      if (Value === undefined || WithDecryption !== true) return no('ParameterNotFound')
      return { status: 200, body: { Parameter: { Value } } }
    },
    'TrentService.GenerateDataKey': ({ KeyId, EncryptionContext }) => {
      if (KeyId !== keyId) return no('NotFoundException')
      const key = randomBytes(32)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', master, nonce)
      cipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext)))
      const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final()])
      const blob = Buffer.concat([wrapped, cipher.getAuthTag()])
      const body = { Plaintext: key.toString('base64'), CiphertextBlob: blob.toString('base64') }
      return { status: 200, body }
    },
    'TrentService.Decrypt': ({ CiphertextBlob, EncryptionContext }) => {
      const blob = Buffer.from(String(CiphertextBlob), 'base64')
      if (blob.length !== 60) return no('InvalidCiphertextException')
      const decipher = createDecipheriv('aes-256-gcm', master, blob.subarray(0, 12))
      decipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext)))
      decipher.setAuthTag(blob.subarray(44))
      try {
        const key = Buffer.concat([decipher.update(blob.subarray(12, 44)), decipher.final()])
        return { status: 200, body: { Plaintext: key.toString('base64') } }
      } catch {
        return no('InvalidCiphertextException')
      }
    },
  }
  const call: AwsJsonCall = async ({ service, headers, body }) => {
    const action = headers['x-amz-target'] ?? ''
    calls.push(`${service} ${action}`)
    const fault = faults.get(action)
    const input: Input = JSON.parse(body)
    const answer =
      fault === undefined
        ? (actions[action]?.(input) ?? no('UnknownOperationException'))
        : { ...no(fault.type, fault.message), status: fault.status }
    const bytes = new TextEncoder().encode(JSON.stringify(answer.body))
    return { status: answer.status, body: bytes, isTooLarge: false }
  }
  return { call, calls, secrets, parameters, faults }
}
