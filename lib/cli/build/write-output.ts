import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildFiles } from '../../kustomize/build-files.ts'
import { ExitError } from '../context.ts'
import { buildAsKustomize, buildFolder, type FolderFlags, withFolder } from './build-folder.ts'

/** Builds a folder into a file, or into a folder with a file for each object. Returns the warnings. */
export async function buildToDisk(
  folder: string,
  output: string,
  flags: FolderFlags,
  workingDirectory: string,
): Promise<readonly string[]> {
  const target = resolve(workingDirectory, output)
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const { text, warnings } = buildFolder(folder, flags, workingDirectory)
    await write(target, text, output)
    return warnings
  }
  if (flags.as === 'flux') {
    throw new ExitError(1, `-o ${output}: this is a folder; with --as flux name a file`)
  }
  const { files, warnings } = withFolder(folder, workingDirectory, (absolute) =>
    buildAsKustomize(absolute, flags, buildFiles),
  )
  for (const [name, text] of files) await write(join(target, name), text, `${output}/${name}`)
  return warnings
}

async function write(file: string, text: string, shown: string): Promise<void> {
  await writeFile(file, text).catch((thrown: unknown) => {
    throw new ExitError(1, `-o ${shown}: cannot be written`, { cause: thrown })
  })
}
