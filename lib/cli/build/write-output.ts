import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildFiles } from '../../kustomize/build-files.ts'
import { ExitError } from '../context.ts'
import {
  buildAsKustomize,
  buildFolder,
  type FolderFlags,
  type Surroundings,
  withFolder,
} from './build-folder.ts'

/** What a build is to write: path → text, and the warnings. */
export type Written = {
  readonly files: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
}

/** Builds a folder for a file, or for a folder with a file for each object. */
export function buildForDisk(
  folder: string,
  output: string,
  flags: FolderFlags,
  surroundings: Surroundings,
): Written {
  const { workingDirectory, remotes } = surroundings
  const target = resolve(workingDirectory, output)
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const { text, warnings } = buildFolder(folder, flags, surroundings)
    return { files: new Map([[output, text]]), warnings }
  }
  if (flags.as === 'flux') {
    throw new ExitError(1, `-o ${output}: this is a folder; with --as flux name a file`)
  }
  const { files, warnings } = withFolder(folder, workingDirectory, (absolute) =>
    buildAsKustomize(absolute, { flags, remotes }, buildFiles),
  )
  return {
    files: new Map([...files].map(([name, text]) => [join(output, name), text])),
    warnings,
  }
}

export async function writeFiles({ files }: Written, workingDirectory: string): Promise<void> {
  for (const [path, text] of files) {
    await writeFile(resolve(workingDirectory, path), text).catch((thrown: unknown) => {
      throw new ExitError(1, `-o ${path}: cannot be written`, { cause: thrown })
    })
  }
}
