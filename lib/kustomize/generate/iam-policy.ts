import { mapNode } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { type Fields, openFields } from '../file/fields.ts'
import { setPath, stringScalar, untagged } from '../node-edit.ts'
import { createResource, type Resource } from '../resource.ts'
import type { Scope } from '../resource-id.ts'

/** Makes the service account that is bound to one of Google's cloud. */
export function generateIamPolicy(fields: Fields, scope: Scope): Resource {
  const cloud = fields.text('cloud')
  const service = readNames(fields, 'kubernetesService')
  const account = readNames(fields, 'serviceAccount')
  if (cloud !== 'gke') {
    throw new BuildError(
      'InvalidGenerator',
      `IAMPolicyGenerator: cloud '${cloud}' is not supported; only gke is`,
    )
  }
  const node = mapNode()
  setPath(node, ['apiVersion'], stringScalar('v1'))
  setPath(node, ['kind'], stringScalar('ServiceAccount'))
  setPath(
    node,
    ['metadata', 'annotations', 'iam.gke.io/gcp-service-account'],
    stringScalar(`${account.name}@${account.projectId}.iam.gserviceaccount.com`),
  )
  setPath(node, ['metadata', 'name'], untagged(service.name))
  if (service.namespace !== '') {
    setPath(node, ['metadata', 'namespace'], untagged(service.namespace))
  }
  return createResource(node, scope)
}

function readNames(
  fields: Fields,
  name: string,
): { name: string; namespace: string; projectId: string } {
  const names = fields.optional(name, (value, where) => {
    const inner = openFields(value, where)
    return {
      name: inner.text('name'),
      namespace: inner.text('namespace'),
      projectId: inner.text('projectId'),
    }
  })
  return names ?? { name: '', namespace: '', projectId: '' }
}
