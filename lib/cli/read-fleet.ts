import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Fleet } from '../fleet/load.ts'
import { readFleet } from '../runtime/fleet-folder.ts'
import { messageOf } from '../status/error.ts'
import { type CliContext, ExitError } from './context.ts'

/** The fleet that a flag names; one that is not there is a fault with its remedy. */
export async function readFleetAt(context: CliContext, path: string): Promise<Fleet> {
  return readFleet(fleetPath(context, path)).catch((thrown: unknown) => {
    throw new ExitError(1, `--fleet ${path}: cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  })
}

export function fleetPath(
  { workingDirectory }: CliContext,
  path: string,
  flag = '--fleet ',
): string {
  const absolute = resolve(workingDirectory, path)
  if (existsSync(absolute)) return absolute
  throw new ExitError(1, `${flag}${path}: there is no such file or folder; name your fleet's`)
}
