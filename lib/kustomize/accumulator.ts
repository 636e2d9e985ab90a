import { BuildError } from './build-error.ts'
import { emptyConfig, mergeConfig, type TransformerConfig } from './config/transformer-config.ts'
import type { Var } from './file/kustomization-file.ts'
import { currentId, formerIds, type Resource } from './resource/resource.ts'
import { effectiveNamespace, isSameGvk } from './resource/resource-id.ts'
import { appendAll, createResourceList, type ResourceList } from './resource/resource-list.ts'

/** What a kustomization has gathered so far; a component works on that of its parent. */
export type Accumulator = {
  readonly list: ResourceList
  config: TransformerConfig
  readonly vars: Map<string, Var>
}

export function createAccumulator(): Accumulator {
  return { list: createResourceList(), config: emptyConfig, vars: new Map() }
}

/** Appends what a base has gathered. */
export function mergeAccumulator(into: Accumulator, from: Accumulator): void {
  if (into.list.items().length === 0) into.list.adopt(from.list)
  else appendAll(into.list, from.list.items())
  into.config = mergeConfig(into.config, from.config)
  for (const variable of from.vars.values()) addVar(into, variable)
}

/** Takes vars in and marks the resources that they read from. */
export function mergeVars(accumulator: Accumulator, vars: readonly Var[]): void {
  for (const variable of vars) {
    const found = accumulator.list.items().filter((resource) => isTarget(resource, variable))
    if (found.length > 1) {
      throw new BuildError(
        'InvalidVar',
        `vars: '${variable.name}' may mean ${found.length} resources; add a namespace to its objref`,
        { data: { name: variable.name } },
      )
    }
    const [target] = found
    if (target !== undefined) target.varNames = [...target.varNames, variable.name]
  }
  for (const variable of vars) addVar(accumulator, variable)
}

function addVar(accumulator: Accumulator, variable: Var): void {
  if (accumulator.vars.has(variable.name)) {
    throw new BuildError(
      'InvalidVar',
      `vars: '${variable.name}' is defined twice; rename one of the two`,
      { data: { name: variable.name } },
    )
  }
  accumulator.vars.set(variable.name, variable)
}

/** Without a namespace a var looks into all of them; with one it finds nothing that has none. */
function isTarget(resource: Resource, { objref }: Var): boolean {
  const namespace =
    objref.namespace === '' ? undefined : effectiveNamespace(objref.namespace, false)
  return [...formerIds(resource), currentId(resource)].some(
    (id) =>
      id.name === objref.name &&
      isSameGvk(id, objref) &&
      (namespace === undefined || id.namespace === namespace),
  )
}
