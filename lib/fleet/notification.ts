import { type Fields, lengthRule } from './fields.ts'
import { optional } from './optional.ts'
import { timeoutRule } from './source-timing.ts'

/** Where messages go. Source: notification-controller docs/spec/v1beta3/providers.md. */
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

/** Which events go to a provider. Source: notification-controller internal/server/event_handlers.go. */
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

/** A door for webhooks. Source: notification-controller docs/spec/v1/receivers.md. */
export type ReceiverSpec = {
  readonly type: string
  readonly events: readonly string[]
  readonly resources: readonly EventSource[]
  readonly secretName?: string
  readonly intervalMs: number
  readonly isSuspended: boolean
  readonly notBuilt: readonly string[]
}

/** What Flux sends to; which of them are built is for the notifier to say. Source: the CRDs, here and below. */
const providerTypes = words(
  `generic generic-hmac slack discord msteams rocket github gitlab gitea giteapullrequestcomment bitbucketserver
  bitbucket azuredevops googlechat googlepubsub webex sentry azureeventhub telegram lark matrix opsgenie alertmanager
  grafana githubdispatch githubpullrequestcomment gitlabmergerequestcomment pagerduty datadog nats zulip otel`,
)
const receiverTypes = words(
  `generic generic-hmac generic-oidc github gitlab bitbucket harbor dockerhub quay gcr nexus acr cdevents`,
)
/** What alerts and receivers may name. */
const subjectKinds = words(
  `GitRepository Bucket Kustomization HelmRelease HelmChart HelmRepository ImageRepository ImagePolicy
  ImageUpdateAutomation OCIRepository ArtifactGenerator ExternalArtifact`,
)
const nameRule = lengthRule({ least: 1, most: 253 })
const addressRule = lengthRule({ least: 0, most: 2_048 })
const summaryRule = lengthRule({ least: 0, most: 255 })

export function readProvider(spec: Fields): ProviderSpec {
  const interval = spec.durationMs('interval')
  return {
    type: spec.requiredChoice('type', providerTypes) ?? '',
    ...optional('address', spec.text('address', addressRule)),
    ...optional('channel', spec.text('channel', addressRule)),
    ...optional('username', spec.text('username', addressRule)),
    ...optional('secretName', spec.section('secretRef')?.requiredText('name')),
    timeoutMs: spec.durationMs('timeout', timeoutRule) ?? Math.min(interval ?? 10_000, 10_000),
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
    eventSources: spec.requiredSections('eventSources').map(readEventSource),
    inclusionList: spec.texts('inclusionList'),
    exclusionList: spec.texts('exclusionList'),
    eventMetadata: spec.textMap('eventMetadata') ?? {},
    ...optional('summary', spec.text('summary', summaryRule)),
    isSuspended: spec.flag('suspend') ?? false,
  }
}

export function readReceiver(spec: Fields): ReceiverSpec {
  const resources = spec.requiredSections('resources')
  const secretName = spec.section('secretRef')?.requiredText('name')
  const type = spec.requiredChoice('type', receiverTypes) ?? ''
  if (type !== 'generic-oidc' && !spec.has('secretRef')) {
    spec.fault('secretRef', 'is missing', "name the Secret that holds the door's token")
  }
  return {
    type,
    events: spec.texts('events'),
    resources: resources.map(readEventSource),
    ...optional('secretName', secretName),
    intervalMs: spec.durationMs('interval') ?? 600_000,
    isSuspended: spec.flag('suspend') ?? false,
    notBuilt: [
      ...['resourceFilter', 'oidcProviders'].filter((key) => spec.has(key)),
      ...(resources.some((resource) => resource.has('filter')) ? ['resources[].filter'] : []),
    ],
  }
}

function readEventSource(fields: Fields): EventSource {
  fields.text('apiVersion')
  return {
    kind: fields.requiredChoice('kind', subjectKinds) ?? '',
    name: fields.requiredText('name', nameRule),
    ...optional('namespace', fields.text('namespace', nameRule)),
    ...optional('matchLabels', fields.textMap('matchLabels')),
  }
}

function words(text: string): readonly string[] {
  return text.split(/\s+/)
}
