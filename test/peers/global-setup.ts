import type { TestProject } from 'vitest/node'
import { serveControlPlane } from './control-plane-broker.ts'
import { missingPeers, remedy } from './peers.ts'
import { pins } from './pins.ts'
import { toolFault } from './tool-fault.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where `sharedControlPlane` asks for the control plane of this run. */
    readonly controlPlaneUrl: string
  }
}

/**
 * Runs once before the `real` tests: says what cannot be tested here and how to change that, and
 * where CI or DRIFTLESS_REQUIRE_PEERS is set fails the run instead.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = missingPeers()
  if (missing.length > 0) {
    const text = `Reference programs not installed: ${missing.join(', ')}. To get them: ${remedy(missing)}`
    const toolchains = new Set(missing.map((name) => pins[name].toolchain))
    const faults = [...toolchains].map(toolFault)
    if (isRequired()) throw new Error([text, ...faults].filter(Boolean).join('\n'))
    console.warn(`${text}\nThe tests that need them are skipped.`)
  }
  const broker = await serveControlPlane()
  project.provide('controlPlaneUrl', broker.url)
  return broker.stop
}

function isRequired(): boolean {
  const { CI = '', DRIFTLESS_REQUIRE_PEERS = '' } = process.env
  return [CI, DRIFTLESS_REQUIRE_PEERS].some((value) => value !== '' && !/^(0|false)$/i.test(value))
}
