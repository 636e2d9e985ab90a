import type { KubeObject } from '../lib/manifest/object.ts'

/** A quarter each of ConfigMaps, Services, Deployments and ServiceAccounts, in one namespace. */
export function objectsOf(namespace: string, count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, index) => {
    const metadata = { name: `app-${index}`, namespace }
    return (kinds[index % kinds.length] ?? configMap)(metadata)
  })
}

type Metadata = { readonly name: string; readonly namespace: string }

const configMap = (metadata: Metadata): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: { key: metadata.name, text: 'some text\n'.repeat(20) },
})

const service = (metadata: Metadata): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { selector: { app: metadata.name }, ports: [{ port: 80, targetPort: 8080 }] },
})

const deployment = (metadata: Metadata): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: metadata.name } },
    template: {
      metadata: { labels: { app: metadata.name } },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'example.com/app:1',
            ports: [{ containerPort: 8080 }],
            resources: { requests: { cpu: '100m', memory: '64Mi' } },
          },
        ],
      },
    },
  },
})

const serviceAccount = (metadata: Metadata): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata,
})

const kinds = [configMap, service, deployment, serviceAccount]
