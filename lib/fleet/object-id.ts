/** Identifies one object of the fleet: `cluster / Kind / namespace / name`. */
export type ObjectId = {
  readonly cluster: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** `staging/Kustomization/flux-system/apps`: unique, readable, and safe as a path or key. */
export function formatId(id: ObjectId): string {
  return `${id.cluster}/${id.kind}/${id.namespace}/${id.name}`
}

/** The id that `formatId` wrote; undefined where the text has not its form. */
export function parseId(text: string): ObjectId | undefined {
  const [cluster, kind, namespace, name, ...rest] = text.split('/')
  if (!cluster || !kind || !namespace || !name || rest.length > 0) return undefined
  return { cluster, kind, namespace, name }
}

export function isSameId(a: ObjectId, b: ObjectId): boolean {
  return formatId(a) === formatId(b)
}
