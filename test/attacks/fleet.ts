/** The fleet's YAML, from the parts that differ between attacks; everything lives in the one cluster `here`. */
export function fleetOf(objects: readonly object[], cluster: object = {}): string {
  const here = {
    apiVersion: 'fleet.driftless.dev/v1',
    kind: 'Cluster',
    metadata: { name: 'here' },
    spec: { connection: { sandbox: {} }, ...cluster },
  }
  return yamlOf([here, ...objects])
}

/** JSON is YAML. */
export function yamlOf(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}

export function gitRepository(
  name: string,
  url: string,
  spec: object = {},
  more: object = {},
): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: 'flux-system', ...more },
    spec: { interval: '10m', url, ref: { branch: 'main' }, ...spec },
  }
}

/** The part of the bucket `attacks` that begins with `prefix`. */
export function bucketSource(name: string, endpoint: string, spec: object = {}): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'Bucket',
    metadata: { name, namespace: 'flux-system' },
    spec: {
      interval: '10m',
      bucketName: 'attacks',
      endpoint,
      insecure: true,
      secretRef: { name: 'keys' },
      prefix: `${name}/`,
      ...spec,
    },
  }
}

export function kustomization(name: string, spec: object = {}, more: object = {}): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system', ...more },
    spec: {
      interval: '10m',
      path: `./${name}`,
      prune: true,
      sourceRef: { kind: 'Bucket', name },
      ...spec,
    },
  }
}

/** A Kustomization of what the bucket holds below its name. */
export function fromBucket(name: string, endpoint: string, spec: object = {}): readonly object[] {
  return [bucketSource(name, endpoint), kustomization(name, spec)]
}

export function configMap(name: string, data: object = { key: 'value' }): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  })
}

/** A variable as it stands in a manifest. */
export function variable(name: string): string {
  return `\${${name}}`
}
