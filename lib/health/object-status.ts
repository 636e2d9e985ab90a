/** What state an object is in, in the words of kstatus. */
export type HealthStatus =
  | 'Current'
  | 'InProgress'
  | 'Failed'
  | 'Terminating'
  | 'NotFound'
  | 'Unknown'

export type ObjectStatus = { readonly status: HealthStatus; readonly message: string }

export function current(message: string): ObjectStatus {
  return { status: 'Current', message }
}

export function inProgress(message: string): ObjectStatus {
  return { status: 'InProgress', message }
}

export function failed(message: string): ObjectStatus {
  return { status: 'Failed', message }
}

export function unknown(message: string): ObjectStatus {
  return { status: 'Unknown', message }
}
