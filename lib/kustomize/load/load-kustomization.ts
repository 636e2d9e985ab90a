import type { Json } from '../../manifest/object.ts'
import { readKustomizationFile } from '../../manifest/read-v2.ts'
import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import type { KustomizationFile } from '../file/kustomization-file.ts'
import { readKustomization } from '../file/read-file.ts'
import type { Session } from '../session.ts'
import { at, decodeText, loadFile, type Place } from './loader.ts'

/** The names a kustomization file may have. */
export const kustomizationFileNames: readonly string[] = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
]

export type LoadedKustomization = { readonly file: KustomizationFile; readonly fileName: string }

/** The data of a kustomization file, and the path by which messages name it. */
export type KustomizationData = {
  readonly value: Json
  readonly fileName: string
  readonly path: string
  readonly text: string
}

/** Reads the one kustomization file of a folder. */
export function loadKustomization(session: Session, place: Place): LoadedKustomization {
  const data = findKustomizationData(session, place)
  if (data === undefined) {
    throw new BuildError(
      'MissingKustomizationFile',
      `${at(place)}there is no kustomization file; add one named ${kustomizationFileNames.join(', ')}`,
      { data: { folder: place.folder } },
    )
  }
  const file = readKustomization(data.value, data.path, session.warnings, data.text)
  return { file, fileName: data.fileName }
}

/** Undefined where the folder has no kustomization file; several are an error. */
export function findKustomizationData(
  session: Session,
  place: Place,
): KustomizationData | undefined {
  const found = kustomizationFileNames.filter((name) => isReadable(session, place, name))
  const [fileName, ...others] = found
  if (fileName === undefined) return undefined
  if (others.length > 0) {
    throw new BuildError(
      'SeveralKustomizationFiles',
      `${at(place)}there are several kustomization files: ${found.join(', ')}; keep one of them`,
    )
  }
  const path = `${at(place).replace(/: $/, '/')}${fileName}`
  const text = decodeText(loadFile(session, place, fileName), path)
  return { value: parse(text, path), fileName, path, text }
}

function isReadable(session: Session, place: Place, name: string): boolean {
  try {
    loadFile(session, place, name)
    return true
  } catch (fault) {
    if (fault instanceof BuildError && isAbsence.has(fault.code)) return false
    throw fault
  }
}

const isAbsence: ReadonlySet<string> = new Set(['FileNotFound', 'PathOutsideRoot'])

function parse(text: string, path: string): Json {
  try {
    return readKustomizationFile(text)
  } catch (cause) {
    throw new BuildError('InvalidYaml', `${path}: ${messageOf(cause)}`, {
      cause,
      data: { file: path },
    })
  }
}
