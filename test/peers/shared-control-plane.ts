import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type ControlPlane, connect } from './control-plane.ts'
import type { ControlPlaneAccess } from './control-plane-access.ts'

/**
 * The one control plane, with controllers, that all `real` tests of a run share; the first to ask
 * waits until it is ready. Each test works in a namespace of its own and leaves the rest alone;
 * `stop` does nothing.
 */
export async function sharedControlPlane(): Promise<ControlPlane> {
  const answer = await fetch(inject('controlPlaneUrl'))
  if (!answer.ok) throw new Error(`no control plane: ${await answer.text()}`)
  const access: unknown = await answer.json()
  if (!isAccess(access)) throw new Error('the broker answered something else')
  return connect(access)
}

/** Makes a namespace that no other test has, named `<prefix>-<random>`. */
export async function createNamespace(controlPlane: ControlPlane, prefix: string): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`
  const { code, stderr } = await controlPlane.kubectl(['create', 'namespace', name])
  if (code !== 0) throw new Error(`namespace ${name}: ${stderr}`)
  return name
}

function isAccess(value: unknown): value is ControlPlaneAccess {
  return typeof value === 'object' && value !== null && 'server' in value && 'tokens' in value
}
