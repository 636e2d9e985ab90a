import type { Json } from '../../manifest/object.ts'
import { readKustomizationFile } from '../../manifest/read-v2.ts'
import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import { readFieldSpec, readGvk } from '../file/entries.ts'
import { type FieldFault, openFields, type Where } from '../file/fields.ts'
import { invalidFile } from '../file/read-file.ts'
import { at, loadText, type Place } from '../load/loader.ts'
import type { NameReference } from '../references/name-reference-table.ts'
import type { Session } from '../session.ts'
import {
  defaultConfig,
  emptyConfig,
  mergeConfig,
  sortConfig,
  type TransformerConfig,
} from './transformer-config.ts'

/** The defaults with what the files under `configurations` add to them. */
export function loadConfigurations(
  session: Session,
  place: Place,
  paths: readonly string[],
): TransformerConfig {
  let added = emptyConfig
  for (const path of paths) added = mergeConfig(added, loadOne(session, place, path))
  return mergeConfig(defaultConfig, added)
}

function loadOne(session: Session, place: Place, path: string): TransformerConfig {
  const file = `${at(place)}${path}`
  const value = parseData(loadText(session, place, path), file)
  const faults: FieldFault[] = []
  const config = readConfig(value, { field: '', faults, converts: 'direct' })
  if (faults.length > 0) throw invalidFile(file, faults)
  return sortConfig(config)
}

/** Data of a file that kustomize reads as it reads its own. */
export function parseData(text: string, file: string): Json {
  try {
    return readKustomizationFile(text)
  } catch (cause) {
    throw new BuildError('InvalidYaml', `${file}: ${messageOf(cause)}`, { cause, data: { file } })
  }
}

function readConfig(value: Json, where: Where): TransformerConfig {
  const fields = openFields(value, where)
  const config = {
    namePrefix: fields.list('namePrefix', readFieldSpec),
    nameSuffix: fields.list('nameSuffix', readFieldSpec),
    namespace: fields.list('namespace', readFieldSpec),
    commonLabels: fields.list('commonLabels', readFieldSpec),
    labels: fields.list('labels', readFieldSpec),
    templateLabels: fields.list('templateLabels', readFieldSpec),
    commonAnnotations: fields.list('commonAnnotations', readFieldSpec),
    nameReference: fields.list('nameReference', readNameReference),
    varReference: fields.list('varReference', readFieldSpec),
    images: fields.list('images', readFieldSpec),
    replicas: fields.list('replicas', readFieldSpec),
  }
  fields.close()
  return config
}

function readNameReference(value: Json, where: Where): NameReference {
  const fields = openFields(value, where)
  const reference = { ...readGvk(fields), referrers: fields.list('fieldSpecs', readFieldSpec) }
  fields.close()
  return reference
}
