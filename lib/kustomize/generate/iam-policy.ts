import { readDocuments } from '../../manifest/read.ts'
import { BuildError } from '../build-error.ts'
import { type Fields, openFields } from '../file/fields.ts'
import { createResource, type Resource } from '../resource/resource.ts'
import type { Scope } from '../resource/resource-id.ts'

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
  const [node] = readDocuments(manifestOf(service, account))
  if (node?.kind !== 'map') {
    throw new BuildError('InvalidGenerator', 'IAMPolicyGenerator: its names make no manifest')
  }
  return createResource(node, scope)
}

type Names = { readonly name: string; readonly namespace: string; readonly projectId: string }

/** As text, because kustomize too reads what it has put the names into: `5` is a number there. */
function manifestOf(service: Names, account: Names): string {
  const lines = [
    'apiVersion: v1',
    'kind: ServiceAccount',
    'metadata:',
    '  annotations:',
    `    iam.gke.io/gcp-service-account: ${account.name}@${account.projectId}.iam.gserviceaccount.com`,
    `  name: ${service.name}`,
  ]
  if (service.namespace !== '') lines.push('', `  namespace: ${service.namespace}`)
  return lines.join('\n')
}

function readNames(fields: Fields, name: string): Names {
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
