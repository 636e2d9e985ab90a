import type { Json, JsonObject } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'
import { readImage, readPatch } from '../file/entries.ts'
import type { FieldFault, Where } from '../file/fields.ts'
import type { ImageEntry, KustomizationFile } from '../file/kustomization-file.ts'
import { invalidFile } from '../file/read-file.ts'
import { cleanPath, type Place } from '../load/loader.ts'
import { isRemote } from '../remote.ts'
import type { Session } from '../session.ts'
import type { KustomizationBuildSpec } from './build-kustomization.ts'

/** A kustomization file with a Kustomization's spec merged into it, as Flux writes it before it builds. */
export function mergeSpec(
  session: Session,
  place: Place,
  file: KustomizationFile,
  spec: KustomizationBuildSpec,
): KustomizationFile {
  const { components = [], buildMetadata = [] } = spec
  const patches = readEntries('patches', spec.patches ?? [], readPatch)
  const images = readEntries('images', spec.images ?? [], readImage)
  return {
    ...file,
    namespace: spec.targetNamespace ?? file.namespace,
    namePrefix: spec.namePrefix ?? file.namePrefix,
    nameSuffix: spec.nameSuffix ?? file.nameSuffix,
    patches: [
      ...file.patches,
      ...patches.map((patch) => ({
        ...patch,
        path: '',
        allowNameChange: false,
        allowKindChange: false,
      })),
    ],
    components: [
      ...file.components,
      ...components.filter((path) => isUsed(session, place, path, spec)),
    ],
    images: images.reduce(mergeImage, file.images),
    buildMetadata: buildMetadata.length > 0 ? buildMetadata : file.buildMetadata,
  }
}

function readEntries<T>(
  field: string,
  entries: readonly JsonObject[],
  read: (value: Json, where: Where) => T,
): readonly T[] {
  const faults: FieldFault[] = []
  const read1 = (entry: JsonObject, index: number): T =>
    read(entry, { field: `spec.${field}[${index}]`, faults, isLenient: true, converts: 'direct' })
  const result = entries.map(read1)
  if (faults.length > 0) throw invalidFile('Kustomization', faults)
  return result
}

/** A component has to be a path inside the source; one that is missing may be left out if the spec allows it. */
function isUsed(
  session: Session,
  place: Place,
  path: string,
  spec: KustomizationBuildSpec,
): boolean {
  if (isRemote(path) || path.startsWith('/') || /^file:\/\//i.test(path)) {
    throw new BuildError('PathInvalid', `component path '${path}' must be local and relative`)
  }
  if (spec.ignoreMissingComponents !== true) return true
  const folder = cleanPath(`${place.folder}/${path}`)
  if (folder === undefined) return true
  session.reads.add(folder)
  return session.tree.kindOf(folder) !== undefined
}

/** The new name on its own; tag and digest as one. */
function mergeImage(images: readonly ImageEntry[], image: ImageEntry): readonly ImageEntry[] {
  const index = images.findIndex(({ name }) => name === image.name)
  const found = images[index]
  if (found === undefined) return [...images, { ...image, tagSuffix: '' }]
  const { newName, newTag, digest } = image
  const named = newName === '' ? found : { ...found, newName }
  const isTagged = newTag !== '' || digest !== ''
  return images.with(index, isTagged ? { ...named, newTag, digest } : named)
}
