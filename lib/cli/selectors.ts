import { parseSelector } from '../apply/label-selector.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { ObjectView, Operations } from '../reconcile/operations.ts'
import { ExitError } from './context.ts'

/** `ready=false` or `ready!=true` as a question over objects; every object where nothing is asked. */
export function parseStatusSelector(text: string | undefined): (object: ObjectView) => boolean {
  if (text === undefined) return () => true
  const [, negation, wanted = ''] = /^ready(!?)=(true|false|unknown)$/i.exec(text) ?? []
  if (negation === undefined) {
    const remedy = 'write ready=true, ready=false or ready=unknown; != turns it round'
    throw new ExitError(1, `--status-selector ${text}: ${remedy}`)
  }
  return ({ ready }) => (ready.toLowerCase() === wanted.toLowerCase()) === (negation === '')
}

/** Those whose labels meet a Kubernetes label selector. */
export async function withLabels(
  operations: Operations,
  objects: readonly ObjectView[],
  text: string | undefined,
): Promise<readonly ObjectView[]> {
  if (text === undefined) return objects
  const isSelected = parseSelector(text)
  if (isSelected === undefined) {
    throw new ExitError(1, `-l ${text}: write a label selector, as team=shop or 'tier in (a, b)'`)
  }
  const details = await Promise.all(objects.map((object) => operations.object(object)))
  return objects.filter((_, index) => isSelected(labelsOf(details[index]?.metadata.labels)))
}

function labelsOf(labels: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(labels)) return {}
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]))
}
