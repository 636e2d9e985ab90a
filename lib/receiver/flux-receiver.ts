import { createHash } from 'node:crypto'
import type { ObjectId } from '../fleet/object-id.ts'
import { genericDeliveryId } from './generic.ts'
import { isSignedGeneric } from './generic-hmac.ts'
import { githubDeliveryId, githubEvent, isSignedByGithub, readGithubPush } from './github.ts'
import { gitlabDeliveryId, gitlabEvent, isProvenByGitlab, readGitlabPush } from './gitlab.ts'
import { revisionHint } from './push.ts'
import {
  type Dismissal,
  type Inbound,
  ignored,
  malformed,
  refused,
  type Verdict,
} from './verdict.ts'

/** A Receiver of the fleet as its door needs it: the token opened, the resources resolved to objects. */
export type HookReceiver = {
  readonly id: ObjectId
  readonly type: HookType
  readonly token: string
  /** Names of the sender's events; none means all. Case does not count. */
  readonly events: readonly string[]
  readonly resources: readonly ObjectId[]
  readonly isSuspended: boolean
}

export const hookTypes = ['generic', 'generic-hmac', 'github', 'gitlab'] as const
export type HookType = (typeof hookTypes)[number]

export type HookVerdict =
  | {
      readonly outcome: 'resources'
      readonly resources: readonly ObjectId[]
      readonly deliveryId: string
      readonly revisionHint?: string
    }
  | Dismissal

/** `/hook/<sha256>`, the address Flux gives a Receiver. Source: notification-controller api/v1 Receiver. */
export function receiverPath(token: string, name: string, namespace: string): string {
  return `/hook/${receiverDigest(token, name, namespace)}`
}

/** The last segment of `receiverPath`. */
export function receiverDigest(token: string, name: string, namespace: string): string {
  return createHash('sha256').update(`${token}${name}${namespace}`).digest('hex')
}

/** One call to one Receiver. Unlike Flux's, an event outside `events` is no fault of its sender. */
export async function receiveHook(
  inbound: Inbound,
  receiver: HookReceiver,
  now: Date,
): Promise<HookVerdict> {
  const door = doors[receiver.type]
  if (!(await door.isProven(inbound, receiver.token, now))) return refused
  if (receiver.isSuspended) return ignored('the receiver is suspended')
  const event = door.event(inbound)
  if (event === undefined) return malformed('the event header is missing or no event name')
  if (event === 'ping') return { outcome: 'ping' }
  if (event !== '' && !isWanted(event, receiver.events)) return ignored(`event ${event}`)
  return { outcome: 'resources', resources: receiver.resources, ...door.facts(inbound) }
}

/** Takes as long as a wrong signature does, so that a path without a Receiver cannot be told from one. */
export async function refuseHook(inbound: Inbound): Promise<Dismissal> {
  await isSignedByGithub(inbound, [])
  return refused
}

type Door = {
  readonly isProven: (inbound: Inbound, token: string, now: Date) => boolean | Promise<boolean>
  /** Empty where the type has no events, undefined where the header is not usable. */
  readonly event: (inbound: Inbound) => string | undefined
  readonly facts: (inbound: Inbound) => { deliveryId: string; revisionHint?: string }
}

const doors: Readonly<Record<HookType, Door>> = {
  generic: {
    isProven: async (inbound) => {
      await refuseHook(inbound)
      return true
    },
    event: () => '',
    facts: () => ({ deliveryId: genericDeliveryId() }),
  },
  'generic-hmac': {
    isProven: (inbound, token) => isSignedGeneric(inbound, token),
    event: () => '',
    facts: () => ({ deliveryId: genericDeliveryId() }),
  },
  github: {
    isProven: (inbound, token) => isSignedByGithub(inbound, [token]),
    event: githubEvent,
    facts: (inbound) => ({
      deliveryId: githubDeliveryId(inbound),
      ...hintOf(githubEvent(inbound) === 'push' ? readGithubPush(inbound) : refused),
    }),
  },
  gitlab: {
    isProven: (inbound, token, now) => isProvenByGitlab(inbound, [token], now),
    event: gitlabEvent,
    facts: (inbound) => ({
      deliveryId: gitlabDeliveryId(inbound),
      ...hintOf(readGitlabPush(inbound)),
    }),
  },
}

function isWanted(event: string, events: readonly string[]): boolean {
  return events.length === 0 || events.some((entry) => entry.toLowerCase() === event.toLowerCase())
}

function hintOf(verdict: Verdict): { revisionHint?: string } {
  const change = verdict.outcome === 'change' ? verdict.changes[0] : undefined
  const hint = change === undefined ? undefined : revisionHint(change)
  return hint === undefined ? {} : { revisionHint: hint }
}
