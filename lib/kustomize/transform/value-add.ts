import type { Json } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'
import { parseData } from '../config/configurations.ts'
import { lookupCreate } from '../fields/lookup.ts'
import { setScalar } from '../fields/node-edit.ts'
import { readSelector } from '../file/entries.ts'
import { type FieldFault, type Fields, openFields, type Where } from '../file/fields.ts'
import type { Selector } from '../file/kustomization-file.ts'
import { invalidFile } from '../file/read-file.ts'
import { at, loadText } from '../load/loader.ts'
import { ensureAnnotations } from '../resource/bookkeeping.ts'
import type { Resource } from '../resource/resource.ts'
import { selectResources } from '../resource/select.ts'
import type { Target, Transformer } from '../target.ts'
import { moveResource } from './namespace.ts'

type ValueTarget = {
  readonly selector: Selector | undefined
  readonly fieldPath: string
  /** Zero replaces the whole value; otherwise where among the parts of a file path the value goes, from one on. */
  readonly filePathPosition: number
}

/** Writes one value into fields, or as a part into file paths that stand there. */
export function compileValueAdd(fields: Fields, { session, place }: Target): Transformer {
  const written = fields.text('value').trim()
  const value = written === '' ? baseName(place.name) : written
  const file = fields.text('targetFilePath')
  const targets = [...fields.list('targets', readTarget)]
  if (file !== '') {
    const data = parseData(loadText(session, place, file), `${at(place)}${file}`)
    targets.push(...readTargets(data, file))
  }
  checkTargets(targets)
  return (list) => {
    for (const target of targets) {
      const resources =
        target.selector === undefined
          ? list.items()
          : selectResources(list, target.selector, 'ValueAddTransformer: selector')
      for (const resource of resources) addValue(resource, target, value)
    }
    list.reindex()
  }
}

function readTarget(value: Json, where: Where): ValueTarget {
  const fields = openFields(value, where)
  return {
    selector: fields.optional('selector', readSelector),
    fieldPath: fields.text('fieldPath'),
    filePathPosition: fields.integer('filePathPosition'),
  }
}

function readTargets(data: Json, file: string): readonly ValueTarget[] {
  const faults: FieldFault[] = []
  const fields = openFields(data, { field: '', faults, isLenient: true, converts: 'direct' })
  const targets = fields.list('targets', readTarget)
  if (faults.length > 0) throw invalidFile(file, faults)
  return targets
}

function checkTargets(targets: readonly ValueTarget[]): void {
  const isWrong = targets.some((target) => target.fieldPath === '' || target.filePathPosition < 0)
  if (targets.length > 0 && !isWrong) return
  throw new BuildError(
    'InvalidTransformer',
    'ValueAddTransformer: it needs targets, each with a fieldPath and no negative filePathPosition',
  )
}

function addValue(resource: Resource, target: ValueTarget, value: string): void {
  const { node } = resource
  if (node === undefined) return
  if (target.fieldPath === 'metadata/namespace') {
    const options = { namespace: value, specs: [], unsetOnly: false } as const
    moveResource(resource, { ...options, subjects: 'defaultOnly' }, [])
    return
  }
  const path = splitFieldPath(target.fieldPath)
  if (path[0] === 'metadata' && path[1] === 'annotations') ensureAnnotations(resource)
  const field = lookupCreate(node, path, 'scalar')
  if (field === undefined) {
    if (target.filePathPosition > 0) throw nothingToExtend(target)
    return
  }
  const old = field.kind === 'scalar' ? field.value : ''
  const { filePathPosition } = target
  setScalar(field, filePathPosition > 0 ? insertPart(old, filePathPosition - 1, value) : value, '')
}

/** Here kustomize crashes: it looks for the old path below a null. */
function nothingToExtend({ fieldPath }: ValueTarget): BuildError {
  return new BuildError(
    'InvalidTransformer',
    `ValueAddTransformer: '${fieldPath}' leads below a null, where no file path is; remove the null or filePathPosition`,
  )
}

function splitFieldPath(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    const last = parts.at(-1)
    if (last?.endsWith('\\')) parts[parts.length - 1] = `${last.slice(0, -1)}/${part}`
    else parts.push(part)
  }
  return parts
}

/** Puts a part into a file path; a leading slash stays in front. */
function insertPart(path: string, position: number, part: string): string {
  if (part === '') return path
  const isAbsolute = path.startsWith('/')
  const parts = path.split('/').filter((segment) => segment !== '')
  parts.splice(Math.min(position, parts.length), 0, part)
  return (isAbsolute ? '/' : '') + parts.join('/')
}

function baseName(folder: string): string {
  return folder.slice(folder.lastIndexOf('/') + 1)
}
