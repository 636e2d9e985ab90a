import { type Fields, openFields } from '../file/fields.ts'
import { readGeneratorOptions } from '../file/generator-entries.ts'
import type { GeneratorArgs } from '../file/kustomization-file.ts'

/** The arguments of a generator plugin; name and namespace may stand in its metadata. */
export function readPluginGeneratorArgs(fields: Fields): GeneratorArgs {
  const metadata = readMetadata(fields)
  const name = fields.text('name')
  const namespace = fields.text('namespace')
  fields.text('env')
  return {
    name: name === '' ? metadata.name : name,
    namespace: namespace === '' ? metadata.namespace : namespace,
    behavior: fields.text('behavior'),
    literals: fields.texts('literals'),
    files: fields.texts('files'),
    envs: fields.texts('envs'),
    type: fields.text('type'),
    options: fields.optional('options', readGeneratorOptions),
  }
}

export function readMetadata(fields: Fields): { name: string; namespace: string } {
  const metadata = fields.optional('metadata', (value, where) => {
    const inner = openFields(value, { ...where, converts: 'direct' })
    inner.textMap('labels')
    inner.textMap('annotations')
    return { name: inner.text('name'), namespace: inner.text('namespace') }
  })
  return metadata ?? { name: '', namespace: '' }
}
