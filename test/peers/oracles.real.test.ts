import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from './command.ts'
import { describeWithPeers } from './describe-with-peers.ts'
import { requirePeer } from './peers.ts'

const object = `apiVersion: v1
kind: ConfigMap
metadata:
  name: greeting
data:
  text: \${text}
`
const kustomization = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: app, namespace: flux-system }
spec:
  interval: 10m
  path: ./
  prune: true
  targetNamespace: web
  sourceRef: { kind: GitRepository, name: app }
  postBuild: { substitute: { text: hello } }
`

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftless-oracles-'))
  mkdirSync(join(folder, 'app'))
  writeFileSync(join(folder, 'app/greeting.yaml'), object)
  writeFileSync(join(folder, 'app/kustomization.yaml'), 'resources: [greeting.yaml]\n')
  writeFileSync(join(folder, 'app.yaml'), kustomization)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeWithPeers(['kustomize'], 'the oracle of the builder', () => {
  it('builds a folder', async () => {
    const { stdout, stderr } = await runCommand(requirePeer('kustomize'), ['build', 'app'], {
      cwd: folder,
    })
    expect(stderr).toBe('')
    expect(stdout).toContain(`text: \${text}\n`)
  })
})

describeWithPeers(['flux'], "the oracle of Flux's layer", () => {
  it('builds a Kustomization without a cluster', async () => {
    const { code, stdout, stderr } = await runCommand(
      requirePeer('flux'),
      ['build', 'kustomization', 'app', '--path=app', '--kustomization-file=app.yaml', '--dry-run'],
      { cwd: folder },
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('text: hello\n')
    expect(stdout).toContain('namespace: web\n')
  })

  it('substitutes variables', async () => {
    const { stdout } = await runCommand(requirePeer('flux'), ['envsubst'], {
      stdin: `a: \${TEXT:=none}\n`,
      env: { TEXT: 'hello' },
    })
    expect(stdout).toBe('a: hello\n')
  })
})
