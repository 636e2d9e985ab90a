/**
 * Keeps a secret in the state without keeping it readable: KMS on AWS, a key file locally.
 * What was sealed for one context opens for that context only, so that no record can borrow another's secret.
 */
export type Sealer = {
  readonly seal: (plain: string, context: string) => Promise<string>
  /** Throws SecretError `SealBroken` where key, context or content are not what they were. */
  readonly open: (sealed: string, context: string) => Promise<string>
}
