import type { ClusterClient } from '../cluster/client.ts'
import type { Change, ChangeSet } from '../inventory/change-set.ts'
import { formatRef, type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import type { ObjectFault } from './apply-error.ts'
import { valueAt } from './json-path.ts'
import type { ApplyOptions } from './options.ts'
import { placeObjects } from './place.ts'
import { type PlannedObject, planStage } from './plan.ts'
import { prepareObjects } from './prepare.ts'
import { isDefinition, stageObjects } from './stages.ts'
import { changeOf } from './write.ts'

export type DiffResult = {
  /** What applying would do, in apply order, with the fields that would change; Secrets masked. */
  readonly changes: ChangeSet
  readonly warnings: readonly string[]
  /** Objects that could not be applied. */
  readonly faults: readonly ObjectFault[]
}

/**
 * The plan for a set of objects against the live cluster; nothing is written. An object whose namespace or
 * definition is itself only planned counts as created: the API server cannot be asked about it yet.
 */
export async function diffObjects(
  client: ClusterClient,
  objects: readonly KubeObject[],
  options: Omit<ApplyOptions, 'isDryRun' | 'beforeStage'>,
): Promise<DiffResult> {
  const prepared = prepareObjects(objects, options)
  const placed = await placeObjects(client, prepared.objects)
  const warnings = new Set(prepared.notes)
  const changes: Change[] = []
  const faults: ObjectFault[] = []
  const planned = createPlanned()
  for (const { objects: staged } of stageObjects(placed, options.customStageKinds)) {
    const plan = await planStage(client, staged, options)
    const expected = plan.faults.filter(planned.explains)
    faults.push(...plan.faults.filter((fault) => !expected.includes(fault)))
    for (const { ref, warnings: texts } of plan.objects) {
      for (const text of texts) warnings.add(`${formatRef(ref)}: ${text}`)
    }
    plan.objects.forEach(planned.add)
    const created = expected.map(({ ref }): Change => ({ ref, action: 'created' }))
    changes.push(...inOrder(staged, [...plan.objects.map(changeOf), ...created]))
  }
  return { changes, warnings: [...warnings], faults }
}

/** Changes in the order of the objects they are of. */
function inOrder(objects: readonly KubeObject[], changes: readonly Change[]): readonly Change[] {
  const byName = new Map(changes.map((change) => [keyOf(change.ref), change]))
  return objects.flatMap((object) => byName.get(keyOf(refOf(object))) ?? [])
}

function keyOf(ref: ObjectRef): string {
  return `${ref.group} ${formatRef(ref)}`
}

type Planned = {
  readonly add: (planned: PlannedObject) => void
  /** True where a fault is there only because what the object needs is not created yet. */
  readonly explains: (fault: ObjectFault) => boolean
}

function createPlanned(): Planned {
  const namespaces = new Set<string>()
  const kinds = new Set<string>()
  return {
    add: ({ ref, action, payload }) => {
      if (action !== 'created') return
      if (ref.group === '' && ref.kind === 'Namespace') namespaces.add(ref.name)
      if (!isDefinition(ref)) return
      kinds.add(
        `${valueAt(payload, ['spec', 'group'])}/${valueAt(payload, ['spec', 'names', 'kind'])}`,
      )
    },
    explains: ({ ref, code }) =>
      (code === 'NotFound' && namespaces.has(ref.namespace)) ||
      kinds.has(`${ref.group}/${ref.kind}`),
  }
}
