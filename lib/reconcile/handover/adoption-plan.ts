import { type FleetObject, isFluxObject, readFleetObject } from '../../fleet/fleet-object.ts'
import { parseEntry } from '../../inventory/inventory.ts'
import { formatRef, isJsonObject, type KubeObject, textAt } from '../../manifest/object.ts'
import { fluxInventory } from '../inherit-inventory.ts'
import { isHeldByUser, nameOf } from './flux-objects.ts'
import { specDifferences } from './spec-differences.ts'

export type AdoptionInput = {
  readonly cluster: string
  /** Objects of Flux's groups in the cluster. */
  readonly found: readonly KubeObject[]
  /** What the fleet itself says of this cluster, its `sync` included. */
  readonly declared: readonly KubeObject[]
  /** `Kind/namespace/name` of what a running Driftless has of this cluster. */
  readonly registered: ReadonlySet<string>
  /** HelmReleases and other kinds that are not built yet stay with Flux. */
  readonly leavesUnsupported: boolean
}

/** What a hand-over from Flux would do, decided before anything is written. */
export type AdoptionPlan = {
  readonly cluster: string
  readonly kustomizations: readonly KubeObject[]
  /** Sources, Providers, Alerts and Receivers. */
  readonly others: readonly KubeObject[]
  /** What stays in the cluster, and why. */
  readonly left: readonly { readonly object: KubeObject; readonly why: string }[]
  /** In the cluster, but neither in the fleet nor in what one of its Kustomizations builds. */
  readonly missing: readonly KubeObject[]
  /** Each keeps the hand-over from beginning. */
  readonly faults: readonly string[]
}

/** Sorts what Flux has in a cluster by what becomes of it. Pure. */
export function planAdoption(input: AdoptionInput): AdoptionPlan {
  const { cluster, found, leavesUnsupported } = input
  const read = found.map((object) => readFleetObject(object, cluster))
  const unsupported = read.filter(({ type }) => type === 'NotSupportedYet')
  const supported = read.filter(({ type }) => type !== 'NotSupportedYet')
  const left = [
    ...(leavesUnsupported ? unsupported : []).map(({ object }) => ({
      object,
      why: 'is not built by Driftless yet, and stays with Flux',
    })),
    ...supported.filter(isHeldKustomization).map(({ object }) => ({
      object,
      why: 'is suspended, and stays as it is; resume it and adopt again',
    })),
  ]
  const kept = [
    ...left,
    ...supportOf(
      left.map(({ object }) => object),
      supported,
    ),
  ]
  const names = new Set(kept.map(({ object }) => nameOf(object)))
  const taken = supported.filter(({ object }) => !names.has(nameOf(object)))
  const missing = missingOf(
    taken.map(({ object }) => object),
    input,
  )
  return {
    cluster,
    kustomizations: taken.filter(isKustomization).map(({ object }) => object),
    others: taken.filter((each) => !isKustomization(each)).map(({ object }) => object),
    left: kept,
    missing,
    faults: [
      ...(leavesUnsupported ? [] : unsupported).map(
        ({ object }) =>
          `${nameOf(object)}: Driftless does not build this kind yet; --leave-unsupported leaves it to Flux`,
      ),
      ...taken.flatMap(faultsOf),
      ...left.map(({ object }) => object).flatMap(faultOfHeld),
      ...differences(taken, input.declared),
    ],
  }
}

function isKustomization({ object }: FleetObject): boolean {
  return object.kind === 'Kustomization'
}

function isHeldKustomization(read: FleetObject): boolean {
  return isKustomization(read) && isHeldByUser(read.object)
}

/** What the objects that stay with Flux need there: their sources, and, with a HelmRelease, who tells of it. */
function supportOf(
  left: readonly KubeObject[],
  supported: readonly FleetObject[],
): AdoptionPlan['left'] {
  const sources = new Set(left.flatMap(sourcesOf))
  const isTold = left.some(({ kind }) => kind !== 'Kustomization')
  return supported
    .filter(({ object }) => {
      const isNotice = ['Alert', 'Provider', 'Receiver'].includes(object.kind)
      return sources.has(nameOf(object)) || (isTold && isNotice)
    })
    .map(({ object }) => ({ object, why: 'serves what stays with Flux' }))
}

function sourcesOf(object: KubeObject): readonly string[] {
  const spec = isJsonObject(object.spec) ? object.spec : {}
  const chart = isJsonObject(spec.chart) && isJsonObject(spec.chart.spec) ? spec.chart.spec : {}
  return [spec.sourceRef, spec.chartRef, chart.sourceRef].filter(isJsonObject).map((ref) =>
    formatRef({
      kind: textAt(ref, 'kind'),
      name: textAt(ref, 'name'),
      namespace: textAt(ref, 'namespace') || textAt(object.metadata, 'namespace'),
    }),
  )
}

/** What it owns of Flux's kinds would lose who brings it, or be brought by two. */
function faultOfHeld(object: KubeObject): readonly string[] {
  const owned = ownedBy(object)
  if (owned.length === 0) return []
  const list = owned.slice(0, 3).join(', ')
  return [`${nameOf(object)} is suspended, and owns ${list}; resume it before you adopt`]
}

function faultsOf(read: FleetObject): readonly string[] {
  const name = nameOf(read.object)
  if (textAt(read.object.metadata, 'deletionTimestamp') !== '') {
    return [`${name} is being deleted; wait until it is gone`]
  }
  const wrong = read.faults
    .filter(({ severity }) => severity === 'error')
    .map(({ field, message, remedy }) => `${name} ${field} ${message}; ${remedy}`)
  const notBuilt = 'spec' in read && 'notBuilt' in read.spec ? read.spec.notBuilt : []
  const told = notBuilt.map((field) => `${name} spec.${field}: Driftless does not build this yet`)
  if (read.type !== 'Kustomization') return [...wrong, ...told]
  const { kind } = read.spec.sourceRef
  const isBuilt = kind === 'GitRepository' || kind === 'Bucket'
  return [
    ...wrong,
    ...told,
    ...(isBuilt ? [] : [`${name} spec.sourceRef: Driftless does not build from ${kind} yet`]),
    ...(hasDecryption(read.object)
      ? [`${name} spec.decryption: Driftless does not decrypt yet; ${withoutDecryption}`]
      : []),
  ]
}

const withoutDecryption =
  'bring what is encrypted to the cluster by other means, such as External Secrets or Sealed Secrets, and take spec.decryption away before you adopt'

/** What is encrypted would be refused, and that is better known before Flux is stopped. */
function hasDecryption({ spec }: KubeObject): boolean {
  return isJsonObject(spec) && isJsonObject(spec.decryption)
}

function differences(
  taken: readonly FleetObject[],
  declared: readonly KubeObject[],
): readonly string[] {
  const byName = new Map(declared.map((object) => [nameOf(object), object]))
  return taken.flatMap(({ object }) => {
    const ours = byName.get(nameOf(object))
    const fields = ours === undefined ? [] : specDifferences(object, ours)
    if (fields.length === 0) return []
    const list = fields.map((field) => `spec.${field}`).join(', ')
    return [`${nameOf(object)}: the fleet and the cluster differ in ${list}; make them equal`]
  })
}

/**
 * Who is declared, and all that the Kustomizations among them own, is there without more; of the rest it is enough to
 * declare those that no other one owns.
 */
function missingOf(
  taken: readonly KubeObject[],
  { declared, registered }: AdoptionInput,
): readonly KubeObject[] {
  const owned = new Map(taken.map((object) => [nameOf(object), ownedBy(object)]))
  const covered = new Set<string>()
  const cover = (name: string): void => {
    if (covered.has(name)) return
    covered.add(name)
    owned.get(name)?.forEach(cover)
  }
  for (const object of declared) cover(nameOf(object))
  for (const name of registered) cover(name)
  const uncovered = taken.filter((object) => !covered.has(nameOf(object)))
  const inner = new Set(
    uncovered.flatMap((object) => ownedBy(object).filter((name) => name !== nameOf(object))),
  )
  const tops = uncovered.filter((object) => !inner.has(nameOf(object)))
  for (const object of tops) cover(nameOf(object))
  // Those that own each other in a ring.
  return [...tops, ...uncovered.filter((object) => !covered.has(nameOf(object)))]
}

/** The objects of Flux's groups that a Kustomization owns. */
function ownedBy(object: KubeObject): readonly string[] {
  return fluxInventory(object)
    .flatMap((entry) => parseEntry(entry) ?? [])
    .filter(isFluxObject)
    .map(formatRef)
}
