import type { Json, KubeObject } from '../../../manifest/object.ts'
import { listAt, objectAt, textIn } from '../json.ts'
import { unsupported } from '../options.ts'
import { type Cause, invalidValue, requiredValue } from '../status-error.ts'
import { subdomainFaults } from './label-names.ts'

/** Rules of a Role or ClusterRole. */
export function validateRole(object: KubeObject): readonly Cause[] {
  const isNamespaced = object.kind === 'Role'
  return listAt(object, 'rules').flatMap((rule, index) =>
    checkRule(rule, `rules[${index}]`, isNamespaced),
  )
}

function checkRule(rule: Json, path: string, isNamespaced: boolean): readonly Cause[] {
  const [verbs, groups, resources, urls] = [
    'verbs',
    'apiGroups',
    'resources',
    'nonResourceURLs',
  ].map((key) => listAt(rule, key))
  const isEmpty = (list: readonly Json[] | undefined): boolean => (list?.length ?? 0) === 0
  const noVerbs = isEmpty(verbs)
    ? [requiredValue(`${path}.verbs`, 'verbs must contain at least one value')]
    : []
  if (!isEmpty(urls)) {
    const refuse = (why: string): Cause => invalidValue(`${path}.nonResourceURLs`, urls ?? [], why)
    const isMixed = !isEmpty(groups) || !isEmpty(resources)
    return [
      ...noVerbs,
      ...(isNamespaced ? [refuse('namespaced rules cannot apply to non-resource URLs')] : []),
      ...(isMixed
        ? [refuse('rules cannot apply to both regular resources and non-resource URLs')]
        : []),
    ]
  }
  const must = (what: string): string => `resource rules must supply at least one ${what}`
  return [
    ...noVerbs,
    ...(isEmpty(groups) ? [requiredValue(`${path}.apiGroups`, must('api group'))] : []),
    ...(isEmpty(resources) ? [requiredValue(`${path}.resources`, must('resource'))] : []),
  ]
}

const rbac = 'rbac.authorization.k8s.io'

/** Role and subjects of a RoleBinding or ClusterRoleBinding. */
export function validateBinding(object: KubeObject): readonly Cause[] {
  const known = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const role = objectAt(object, 'roleRef')
  const [group, kind] = [textIn(role, 'apiGroup'), textIn(role, 'kind')]
  return [
    ...(group === rbac || group === '' ? [] : [unsupported('roleRef.apiGroup', group, [rbac])]),
    ...(known.includes(kind) ? [] : [unsupported('roleRef.kind', kind, known)]),
    ...(textIn(role, 'name') === '' ? [requiredValue('roleRef.name')] : []),
    ...listAt(object, 'subjects').flatMap((subject, index) =>
      checkSubject(subject, `subjects[${index}]`, object.kind === 'RoleBinding'),
    ),
  ]
}

function checkSubject(subject: Json, path: string, isNamespaced: boolean): readonly Cause[] {
  const [kind, name, group] = ['kind', 'name', 'apiGroup'].map((key) => textIn(subject, key))
  const noName = name === '' ? [requiredValue(`${path}.name`)] : []
  if (kind === 'User' || kind === 'Group') {
    return [
      ...noName,
      ...(group === rbac || group === ''
        ? []
        : [unsupported(`${path}.apiGroup`, group ?? '', [rbac])]),
    ]
  }
  if (kind !== 'ServiceAccount') {
    const known = ['ServiceAccount', 'User', 'Group']
    return [...noName, unsupported(`${path}.kind`, kind ?? '', known)]
  }
  const misnamed =
    noName.length > 0
      ? []
      : subdomainFaults(name ?? '').map((why) => invalidValue(`${path}.name`, name ?? '', why))
  return [
    ...noName,
    ...misnamed,
    ...(group === '' ? [] : [unsupported(`${path}.apiGroup`, group ?? '', [''])]),
    ...(isNamespaced || textIn(subject, 'namespace') !== ''
      ? []
      : [requiredValue(`${path}.namespace`)]),
  ]
}
