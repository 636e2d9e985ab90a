import { readFileSync } from 'node:fs'
import { KubeConfig } from '@kubernetes/client-node'

/** Names of the contexts of a kubeconfig, the current one first. */
export function listContexts(file: string): readonly string[] {
  const config = new KubeConfig()
  config.loadFromString(readFileSync(file, 'utf8'))
  const current = config.getCurrentContext()
  const names = config.getContexts().map(({ name }) => name)
  return [...names.filter((name) => name === current), ...names.filter((name) => name !== current)]
}
