import type { Accumulator } from './accumulator.ts'
import { BuildError } from './build-error.ts'
import { absorb } from './generate/absorb.ts'
import { generateConfigMap, generateSecret, withGlobalOptions } from './generate/generator.ts'
import { at } from './load/loader.ts'
import { builtinOrigin, loadPlugins } from './plugins/load-plugins.ts'
import { pluginOrigin } from './plugins/plugin-origin.ts'
import { runGeneratorPlugin } from './plugins/plugins.ts'
import { hasOrigin, type Origin, setOrigin } from './resource/origin.ts'
import type { Resource } from './resource/resource.ts'
import type { Target } from './target.ts'

/** Runs configMapGenerator, secretGenerator, helmCharts and generators, and takes in what they make. */
export function runGenerators(target: Target, accumulator: Accumulator): void {
  const { session, place, file } = target
  if (file.helmCharts.length > 0) {
    throw new BuildError(
      'HelmNotSupported',
      `${at(place)}helmCharts are not rendered; use a HelmRelease, or commit what 'helm template' prints`,
    )
  }
  const plugins = loadPlugins(target, file.generators)
  for (const args of file.configMapGenerator) {
    const full = withGlobalOptions(args, file.generatorOptions)
    const made = generateConfigMap(session, place, full)
    take(accumulator, [made], builtinOrigin(target, 'ConfigMapGenerator'))
  }
  for (const args of file.secretGenerator) {
    const full = withGlobalOptions(args, file.generatorOptions)
    const made = generateSecret(session, place, full)
    take(accumulator, [made], builtinOrigin(target, 'SecretGenerator'))
  }
  for (const plugin of plugins) {
    take(accumulator, runGeneratorPlugin(target, plugin), pluginOrigin(plugin))
  }
}

function take(
  accumulator: Accumulator,
  resources: readonly Resource[],
  origin: Origin | undefined,
): void {
  for (const resource of resources) {
    if (origin !== undefined && !hasOrigin(resource)) setOrigin(resource, origin)
    absorb(accumulator.list, resource)
  }
}
