export type Counter = { readonly version: number; readonly count: number }

export function parseCounter(value: unknown): Counter | undefined {
  return isCounter(value) ? value : undefined
}

function isCounter(value: unknown): value is Counter {
  return (
    typeof value === 'object' &&
    value !== null &&
    'count' in value &&
    typeof value.count === 'number'
  )
}
