import { nodeToJson } from '../../manifest/node-json.ts'
import { BuildError } from '../build-error.ts'
import { type FieldFault, type Fields, openFields, type Where } from '../file/fields.ts'
import { invalidFile } from '../file/read-file.ts'
import { generateConfigMap, generateSecret } from '../generate/generator.ts'
import { generateIamPolicy } from '../generate/iam-policy.ts'
import { readPluginGeneratorArgs } from '../generate/plugin-args.ts'
import { currentId, type Resource, typeOfResource } from '../resource/resource.ts'
import { formatId } from '../resource/resource-id.ts'
import type { Target, Transformer } from '../target.ts'
import { transformerPlugins } from '../transform/plugins.ts'

/** Runs a generator that is configured by an object of its own. */
export function runGeneratorPlugin(target: Target, plugin: Resource): readonly Resource[] {
  const { session, place } = target
  const kind = builtinKind(plugin)
  switch (kind) {
    case 'ConfigMapGenerator': {
      const args = configure(plugin, readPluginGeneratorArgs)
      return [generateConfigMap(session, place, args)]
    }
    case 'SecretGenerator': {
      const args = configure(plugin, readPluginGeneratorArgs)
      return [generateSecret(session, place, args)]
    }
    case 'IAMPolicyGenerator':
      return [configure(plugin, (fields) => generateIamPolicy(fields, session.scope))]
    case 'HelmChartInflationGenerator':
      throw new BuildError(
        'HelmNotSupported',
        `${formatId(currentId(plugin))}: charts are not rendered; use a HelmRelease, or commit what 'helm template' prints`,
      )
    default:
      throw unknownPlugin(plugin, 'generator')
  }
}

/** Sets up a transformer or validator that is configured by an object of its own. */
export function compileTransformerPlugin(target: Target, plugin: Resource): Transformer {
  const kind = builtinKind(plugin)
  const compile = transformerPlugins.get(kind)
  if (compile === undefined) throw unknownPlugin(plugin, 'transformer')
  const converts = readWithGoYaml.has(kind) ? 'all' : 'direct'
  return configure(plugin, (fields) => compile(fields, target), converts)
}

/** The kind of a builtin plugin; everything else would run a program. */
function builtinKind(plugin: Resource): string {
  const { group, version, kind } = typeOfResource(plugin)
  if (group === '' && version === 'builtin') return kind
  throw new BuildError(
    'PluginNotSupported',
    `${formatId(currentId(plugin))}: external plugins, exec and container functions are not run; commit what they make, or use a plugin of apiVersion 'builtin'`,
  )
}

function configure<T>(
  plugin: Resource,
  read: (fields: Fields) => T,
  converts?: Where['converts'],
): T {
  const faults: FieldFault[] = []
  const value = plugin.node === undefined ? null : nodeToJson(plugin.node)
  const where = { field: '', faults, isLenient: true }
  const configured = read(
    openFields(value, converts === undefined ? where : { ...where, converts }),
  )
  if (faults.length > 0) throw invalidFile(formatId(currentId(plugin)), faults)
  return configured
}

/** kustomize reads the configuration of these two with another library. */
const readWithGoYaml: ReadonlySet<string> = new Set(['PrefixTransformer', 'SuffixTransformer'])

function unknownPlugin(plugin: Resource, role: string): BuildError {
  return new BuildError(
    'PluginNotSupported',
    `${formatId(currentId(plugin))}: there is no builtin ${role} of this kind; correct kind or move the plugin`,
  )
}
