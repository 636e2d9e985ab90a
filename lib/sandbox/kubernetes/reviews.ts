import type { Json, JsonObject } from '../../manifest/object.ts'
import type { Resource } from './discovery/resources.ts'
import { objectAt } from './json.ts'

/** Answers the kinds that ask a question and are kept nowhere; everybody may do everything here. */
export function reviewBody(resource: Resource, body: Json, user: string): JsonObject | undefined {
  const { group, version, kind } = resource
  const isReview = group === 'authorization.k8s.io' || group === 'authentication.k8s.io'
  if (!isReview) return undefined
  const asked = objectAt(body)
  const head = { kind, apiVersion: `${group}/${version}`, metadata: objectAt(asked, 'metadata') }
  switch (kind) {
    case 'SelfSubjectReview':
      return { ...head, status: { userInfo: { username: user, groups: ['system:masters'] } } }
    case 'TokenReview':
      return { ...head, spec: asked.spec ?? {}, status: { user: {} } }
    case 'SelfSubjectRulesReview': {
      const rules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
      const status = { resourceRules: rules, nonResourceRules: [], incomplete: false }
      return { ...head, spec: asked.spec ?? {}, status }
    }
    default:
      return { ...head, spec: asked.spec ?? {}, status: { allowed: true } }
  }
}
