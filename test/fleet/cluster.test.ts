import { describe, expect, it } from 'vitest'
import { readCluster } from '../../lib/fleet/cluster.ts'
import { createFields, type FieldFault } from '../../lib/fleet/fields.ts'
import type { JsonObject } from '../../lib/manifest/object.ts'

function read(spec: JsonObject) {
  const faults: FieldFault[] = []
  const fields = createFields(spec, 'spec', faults)
  const cluster = readCluster(fields)
  fields.finish()
  return { cluster, faults: faults.map(({ field, message }) => `${field} ${message}`) }
}

const sandbox = { connection: { sandbox: {} } }

describe('readCluster', () => {
  it('is open, warns, leaves Flux’s components out and guards what it prunes, where nothing is said', () => {
    expect(read(sandbox)).toEqual({
      cluster: {
        connection: { type: 'sandbox' },
        tenancy: 'open',
        fieldValidation: 'Warn',
        fluxComponents: 'skip',
        prune: { allow: [] },
        remoteHosts: [],
      },
      faults: [],
    })
  })

  it('asks for exactly one connection', () => {
    expect(read({ connection: {} }).faults).toEqual(['spec.connection names no connection'])
    const both = { connection: { sandbox: {}, context: 'kind' } }
    expect(read(both).faults[0]).toBe('spec.connection names context and sandbox')
  })

  it('reads every kind of connection', () => {
    const connections = [
      { kubeConfig: { secretRef: { name: 'c', key: 'k' } } },
      { eks: { name: 'e', region: 'eu-west-1' } },
      { context: 'kind-kind' },
    ]
    expect(connections.map((connection) => read({ connection }).cluster.connection)).toEqual([
      { type: 'kubeConfig', secretName: 'c', key: 'k' },
      { type: 'eks', name: 'e', region: 'eu-west-1' },
      { type: 'context', context: 'kind-kind' },
    ])
  })

  it('reads what may be pruned, and refuses words and numbers that mean nothing', () => {
    const prune = { maxPercent: 40, allow: ['Namespace', 'Empty'] }
    expect(read({ ...sandbox, prune }).cluster.prune).toEqual(prune)
    const wrong = { maxPercent: 0, allow: ['Secrets'] }
    expect(read({ ...sandbox, prune: wrong }).faults).toEqual([
      'spec.prune.maxPercent is the number 0, not a whole number from 1 to 100',
      "spec.prune.allow 'Secrets' is unknown",
    ])
  })

  it('reads the hosts that remote bases may come from, and takes nothing else for one', () => {
    const hosts = ['github.com', '*.corp.example', 'git.example:8443', '[::1]:80', '10.0.0.7']
    expect(read({ ...sandbox, remoteBases: { hosts } }).cluster.remoteHosts).toEqual(hosts)
    const wrong = ['https://github.com', 'github.com/acme', '*', '', 'me@github.com']
    expect(read({ ...sandbox, remoteBases: { hosts: wrong } }).faults).toEqual(
      wrong.map((host) => `spec.remoteBases.hosts '${host}' is no host`),
    )
  })

  it('reads a sync from Git and from a bucket, with its defaults', () => {
    const git = { source: { url: 'https://github.com/acme/fleet' } }
    expect(read({ ...sandbox, sync: git }).cluster.sync).toEqual({
      source: { kind: 'GitRepository', url: 'https://github.com/acme/fleet', ref: {} },
      path: '',
      intervalMs: 600_000,
      isPruned: true,
    })
    const bucket = { kind: 'Bucket', bucketName: 'b', endpoint: 's3.example', insecure: true }
    expect(read({ ...sandbox, sync: { source: bucket, prune: false } }).cluster.sync).toMatchObject(
      {
        source: {
          kind: 'Bucket',
          bucketName: 'b',
          prefix: '',
          isInsecure: true,
          provider: 'generic',
        },
        isPruned: false,
      },
    )
  })
})
