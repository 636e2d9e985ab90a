import type { Json } from '../../manifest/object.ts'
import { type Fields, openFields, type Where } from './fields.ts'
import type { GeneratorArgs, GeneratorOptions } from './kustomization-file.ts'

/** Readers of `configMapGenerator`, `secretGenerator` and their options. */
export function readGeneratorArgs(value: Json, where: Where): GeneratorArgs {
  const fields = openFields(value, where)
  const args = { ...generatorFields(fields), type: '' }
  fields.close()
  return args
}

export function readSecretArgs(value: Json, where: Where): GeneratorArgs {
  const fields = openFields(value, where)
  const args = { ...generatorFields(fields), type: fields.text('type') }
  fields.close()
  return args
}

function generatorFields(fields: Fields): Omit<GeneratorArgs, 'type'> {
  const env = fields.text('env')
  const envs = fields.texts('envs')
  return {
    name: fields.text('name'),
    namespace: fields.text('namespace'),
    behavior: fields.text('behavior'),
    literals: fields.texts('literals'),
    files: fields.texts('files'),
    envs: env === '' ? envs : [...envs, env],
    options: fields.optional('options', readGeneratorOptions),
  }
}

export function readGeneratorOptions(value: Json, where: Where): GeneratorOptions {
  const fields = openFields(value, where)
  const options = {
    labels: fields.textMap('labels'),
    annotations: fields.textMap('annotations'),
    disableNameSuffixHash: fields.flag('disableNameSuffixHash'),
    immutable: fields.flag('immutable'),
  }
  fields.close()
  return options
}
