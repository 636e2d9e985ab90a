import type { SecretReader } from './ports.ts'

/** The fleet's secret `webhooks` holds a key a sender: github, gitlab, s3. Several secrets, one a line, allow a change without a gap. */
export async function readWebhookSecrets(
  secretStore: SecretReader,
  sender: string,
): Promise<readonly string[]> {
  const secret = await secretStore.read('webhooks')
  const text = new TextDecoder().decode(secret?.get(sender))
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
