import type { Accumulator } from './accumulator.ts'
import { builtinOrigin, loadPlugins } from './plugins/load-plugins.ts'
import { pluginOrigin } from './plugins/plugin-origin.ts'
import { compileTransformerPlugin } from './plugins/plugins.ts'
import { type Origin, recordTransformer } from './resource/origin.ts'
import type { Target, Transformer } from './target.ts'
import { setAnnotations } from './transform/annotations.ts'
import { setImages } from './transform/images.ts'
import { labelSteps, setLabels } from './transform/labels.ts'
import { addNameAffix } from './transform/name-affix.ts'
import { setNamespace } from './transform/namespace.ts'
import { compileJson6902, compilePatch, compileStrategicMerge } from './transform/patches.ts'
import { compileReplacements } from './transform/replacements.ts'
import { setReplicas } from './transform/replicas.ts'

type Step = { readonly transform: Transformer; readonly origin: Origin | undefined }

/**
 * Runs the transformers of a kustomization, each over everything gathered so far. All are set up before the first runs, so that
 * a fault in the configuration of the last shows before anything is changed.
 */
export function runTransformers(target: Target, { list, config }: Accumulator): void {
  const steps = fieldSteps(target, config).concat(pluginSteps(target))
  for (const { transform, origin } of steps) {
    transform(list)
    if (origin !== undefined) recordTransformer(list, origin)
    list.dropEmptied()
  }
}

const everywhere = { unsetOnly: false, subjects: 'defaultOnly' } as const

/** In the order of kustomize 5.8.1. */
function fieldSteps(target: Target, config: Accumulator['config']): Step[] {
  const { session, place, file } = target
  const step = (kind: string, transform: Transformer): Step => ({
    transform,
    origin: builtinOrigin(target, kind),
  })
  const { namespace, namePrefix, nameSuffix } = file
  const steps: (Step | undefined)[] = [
    file.patchesStrategicMerge.length === 0
      ? undefined
      : step(
          'PatchStrategicMergeTransformer',
          compileStrategicMerge(session, place, file.patchesStrategicMerge),
        ),
    ...file.patches.map((patch) =>
      step('PatchTransformer', compilePatch(session, place, patch, 'patches')),
    ),
    namespace === ''
      ? undefined
      : step('NamespaceTransformer', (list) =>
          setNamespace(list, { namespace, specs: config.namespace, ...everywhere }),
        ),
    namePrefix === ''
      ? undefined
      : step('PrefixTransformer', (list) =>
          addNameAffix(list, { side: 'prefix', text: namePrefix }, config.namePrefix),
        ),
    nameSuffix === ''
      ? undefined
      : step('SuffixTransformer', (list) =>
          addNameAffix(list, { side: 'suffix', text: nameSuffix }, config.nameSuffix),
        ),
    ...laterSteps(target, config, step),
  ]
  return steps.filter((entry) => entry !== undefined)
}

function laterSteps(
  { session, place, file }: Target,
  config: Accumulator['config'],
  step: (kind: string, transform: Transformer) => Step,
): (Step | undefined)[] {
  return [
    ...labelSteps(file, config).map(({ labels, specs }) =>
      step('LabelTransformer', (list) => setLabels(list, labels, specs)),
    ),
    file.commonAnnotations.size === 0
      ? undefined
      : step('AnnotationsTransformer', (list) =>
          setAnnotations(list, file.commonAnnotations, config.commonAnnotations),
        ),
    ...file.patchesJson6902.map((patch) =>
      step('PatchJson6902Transformer', compileJson6902(session, place, patch)),
    ),
    ...file.replicas.map((entry) =>
      step('ReplicaCountTransformer', (list) => setReplicas(list, entry, config.replicas)),
    ),
    ...[...file.images, ...file.imageTags].map((entry) =>
      step('ImageTagTransformer', (list) => setImages(list, entry, config.images)),
    ),
    file.replacements.length === 0
      ? undefined
      : step('ReplacementTransformer', compileReplacements(session, place, file.replacements)),
  ]
}

function pluginSteps(target: Target): Step[] {
  return loadPlugins(target, target.file.transformers).map((plugin) => ({
    transform: compileTransformerPlugin(target, plugin),
    origin: pluginOrigin(plugin),
  }))
}
