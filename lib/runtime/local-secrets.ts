import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createEnvSecrets } from '../secrets/env.ts'
import { createFileSecrets } from '../secrets/files.ts'
import { createMemorySecrets } from '../secrets/memory.ts'
import { firstOf, type SecretStore } from '../secrets/secret-store.ts'

/** The fleet's own secrets on a laptop: a folder where there is one, then the environment. */
export function createFolderSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  workingDirectory: string,
  folder?: string,
): SecretStore {
  const directory = resolve(workingDirectory, folder ?? 'secrets')
  const env = createEnvSecrets(environment)
  return existsSync(directory) ? firstOf(createFileSecrets(directory), env) : env
}

/** Secrets given in the program itself: name → key → text. */
export function createGivenSecrets(
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): SecretStore {
  return createMemorySecrets(secrets)
}
