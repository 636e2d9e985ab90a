import type { Fields } from './fields.ts'
import { optional } from './optional.ts'

/** Where messages go. Source: flux.md §5.3; notification-controller docs/spec/v1beta3/providers.md. */
export type ProviderSpec = {
  readonly type: string
  readonly address?: string
  readonly channel?: string
  readonly username?: string
  readonly secretName?: string
  readonly timeoutMs: number
  readonly isSuspended: boolean
  readonly notBuilt: readonly string[]
}

/** Which events go to a provider. Source: flux.md §5.2. */
export type AlertSpec = {
  readonly providerName: string
  readonly eventSeverity: 'info' | 'error'
  readonly eventSources: readonly EventSource[]
  readonly inclusionList: readonly string[]
  readonly exclusionList: readonly string[]
  readonly eventMetadata: Readonly<Record<string, string>>
  readonly summary?: string
  readonly isSuspended: boolean
}

/** `name: '*'` means every object of the kind, narrowed by `matchLabels`. */
export type EventSource = {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly matchLabels?: Readonly<Record<string, string>>
}

/** A door for webhooks. Source: flux.md §5.1. */
export type ReceiverSpec = {
  readonly type: string
  readonly events: readonly string[]
  readonly resources: readonly EventSource[]
  readonly secretName?: string
  readonly intervalMs: number
  readonly isSuspended: boolean
  readonly notBuilt: readonly string[]
}

export function readProvider(spec: Fields): ProviderSpec {
  const interval = spec.durationMs('interval')
  return {
    type: spec.requiredText('type'),
    ...optional('address', spec.text('address')),
    ...optional('channel', spec.text('channel')),
    ...optional('username', spec.text('username')),
    ...optional('secretName', spec.section('secretRef')?.requiredText('name')),
    timeoutMs: spec.durationMs('timeout') ?? Math.min(interval ?? 10_000, 10_000),
    isSuspended: spec.flag('suspend') ?? false,
    notBuilt: [
      'proxy',
      'proxySecretRef',
      'certSecretRef',
      'serviceAccountName',
      'commitStatusExpr',
    ].filter((key) => spec.has(key)),
  }
}

export function readAlert(spec: Fields): AlertSpec {
  return {
    providerName: spec.requiredSection('providerRef').requiredText('name'),
    eventSeverity: spec.choice('eventSeverity', ['info', 'error']) ?? 'info',
    eventSources: spec.sections('eventSources').map(readEventSource),
    inclusionList: spec.texts('inclusionList'),
    exclusionList: spec.texts('exclusionList'),
    eventMetadata: spec.textMap('eventMetadata') ?? {},
    ...optional('summary', spec.text('summary')),
    isSuspended: spec.flag('suspend') ?? false,
  }
}

export function readReceiver(spec: Fields): ReceiverSpec {
  return {
    type: spec.requiredText('type'),
    events: spec.texts('events'),
    resources: spec.sections('resources').map(readEventSource),
    ...optional('secretName', spec.section('secretRef')?.requiredText('name')),
    intervalMs: spec.durationMs('interval') ?? 600_000,
    isSuspended: spec.flag('suspend') ?? false,
    notBuilt: ['resourceFilter', 'oidcProviders'].filter((key) => spec.has(key)),
  }
}

function readEventSource(fields: Fields): EventSource {
  fields.text('apiVersion')
  if (fields.has('filter')) {
    fields.fault('filter', 'CEL filters are not built yet', 'leave it out, or match by labels')
  }
  return {
    kind: fields.requiredText('kind'),
    name: fields.requiredText('name'),
    ...optional('namespace', fields.text('namespace')),
    ...optional('matchLabels', fields.textMap('matchLabels')),
  }
}
