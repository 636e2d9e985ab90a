import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ControlPlane, controlPlanePeers, startControlPlane } from './control-plane.ts'
import { describeWithPeers } from './describe-with-peers.ts'
import { type Flux, fluxPeers, startFlux } from './flux-controllers.ts'

describeWithPeers([...controlPlanePeers, ...fluxPeers], "Flux's own controllers", () => {
  let repository = ''
  let controlPlane: ControlPlane
  let flux: Flux
  let host: Server

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'driftless-repository-'))
    commitRepository(repository)
    host = createServer((request, response) => serveGit(repository, request, response))
    host.listen(0, '127.0.0.1')
    await once(host, 'listening')
    controlPlane = await startControlPlane()
    flux = await startFlux(controlPlane)
  })

  afterAll(async () => {
    await flux?.stop()
    await controlPlane?.stop()
    host?.close()
    rmSync(repository, { recursive: true, force: true })
  })

  it('bring a commit of a Git host into the cluster', async () => {
    const address = host.address()
    const port = typeof address === 'object' ? address?.port : 0
    const applied = await controlPlane.kubectl(
      ['apply', '-f', '-'],
      fluxObjects(`http://127.0.0.1:${port}/app.git`),
    )
    expect(applied.stderr).toBe('')
    const ready = await controlPlane.kubectl([
      ...['wait', '-n', 'flux-system', 'kustomization.kustomize.toolkit.fluxcd.io/app'],
      ...['--for=condition=Ready', '--timeout=100s'],
    ])
    expect(ready.stderr).toBe('')
    const greeting = await controlPlane.kubectl([
      ...['get', 'configmap', 'greeting', '-o', 'jsonpath={.data.text}'],
    ])
    expect(greeting.stdout).toBe('hello')
  })
})

function fluxObjects(url: string): string {
  const metadata = { name: 'app', namespace: 'flux-system' }
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata,
    spec: { interval: '10m', url, ref: { branch: 'main' } },
  }
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: {
      interval: '10m',
      path: './deploy',
      prune: true,
      targetNamespace: 'default',
      sourceRef: { kind: 'GitRepository', name: 'app' },
    },
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [source, kustomization] })
}

function commitRepository(folder: string): void {
  mkdirSync(join(folder, 'deploy'))
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'greeting' } }
  const text = JSON.stringify({ ...object, data: { text: 'hello' } })
  writeFileSync(join(folder, 'deploy/greeting.yaml'), text)
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '.'],
    [...author, 'commit', '-q', '-m', 'Greet'],
  ]) {
    execFileSync('git', args, { cwd: folder })
  }
}

/** The reading half of Git's smart HTTP, protocol 0. */
function serveGit(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const isListing = request.method === 'GET'
  const args = ['upload-pack', '--stateless-rpc', ...(isListing ? ['--advertise-refs'] : [])]
  const git = spawn('git', [...args, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const kind = isListing ? 'advertisement' : 'result'
  response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${kind}` })
  if (isListing) response.write('001e# service=git-upload-pack\n0000')
  request.pipe(git.stdin)
  git.stdout.pipe(response)
}
