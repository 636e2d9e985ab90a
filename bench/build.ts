/**
 * How long a build takes beside the real kustomize, in one run: ours in process and warm, from the files in memory to the text; the real
 * one as its own process, as everybody runs it. Then how it grows, and what memory a fresh process takes. `--full` adds 15,000
 * objects, for which the real one needs minutes.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { treeOfTexts } from '../lib/artifact/tree.ts'
import { build } from '../lib/kustomize/build.ts'
import { printBuild } from '../lib/kustomize/print-build.ts'
import { peerPath, remedy } from '../test/peers/peers.ts'

type Work = {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly goalMs: number
  readonly rounds: number
}

const isFull = process.argv.includes('--full')
const memoryOf = process.argv.indexOf('--memory')

if (memoryOf > 0) measureMemory(Number(process.argv[memoryOf + 1]))
else process.exitCode = (await measureAll()) ? 0 : 1

async function measureAll(): Promise<boolean> {
  const works: Work[] = [
    { name: 'like podinfo, 4 objects', files: podinfo(), goalMs: 2, rounds: 50 },
    { name: '300 objects', files: overlay(100), goalMs: 20, rounds: 30 },
    { name: '3,000 objects', files: overlay(1_000), goalMs: 150, rounds: 9 },
  ]
  if (isFull) works.push({ name: '15,000 objects', files: overlay(5_000), goalMs: 800, rounds: 5 })
  const times = works.map(measureWork)
  return [...times, measureGrowth(), await checkMemory()].every(Boolean)
}

/** Prefix, labels, images and one patch over a base of Deployments, Services and ConfigMaps. */
function measureWork({ name, files, goalMs, rounds }: Work): boolean {
  for (let round = 0; round < rounds; round++) buildOurs(files)
  const oursMs = medianMs(rounds, () => buildOurs(files))
  const realMs = runReal(files, rounds)
  const ratio = realMs === undefined ? '' : `, ${(realMs / oursMs).toFixed(1)} × faster`
  const real = realMs === undefined ? remedy(['kustomize']) : `${realMs.toFixed(0)} ms`
  console.log(
    `${mark(oursMs <= goalMs)} ${name}: ${oursMs.toFixed(2)} ms (goal ≤ ${goalMs}); kustomize 5.8.1: ${real}${ratio}`,
  )
  return oursMs <= goalMs
}

function buildOurs(files: Readonly<Record<string, string>>): string {
  return printBuild(build(treeOfTexts(files), 'overlay').objects)
}

/** The real one over the same folder, in ms; also checks that both print the same. */
function runReal(files: Readonly<Record<string, string>>, rounds: number): number | undefined {
  const program = peerPath('kustomize')
  if (program === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'driftless-bench-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const want = buildOurs(files)
    return medianMs(rounds > 20 ? 5 : 1, () => {
      const args = ['build', join(folder, 'overlay')]
      const { stdout } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30 })
      if (stdout !== want) throw new Error('the two builds differ')
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Twice the objects may take at most 2.2 times as long. */
function measureGrowth(): boolean {
  const sizes = isFull ? [100, 200, 400, 800, 1_600, 3_200, 6_400] : [100, 200, 400, 800, 1_600]
  const times = sizes.map((size) => {
    const files = overlay(size)
    return medianMs(size > 1_000 ? 5 : 15, () => buildOurs(files))
  })
  const factors = times.slice(1).map((time, index) => time / (times[index] ?? time))
  const worst = Math.max(...factors)
  const list = factors.map((factor) => factor.toFixed(2)).join(' ')
  console.log(
    `${mark(worst <= 2.2)} doubling from ${3 * (sizes[0] ?? 0)} to ${3 * (sizes.at(-1) ?? 0)} objects: ${list} (goal ≤ 2.2)`,
  )
  return worst <= 2.2
}

async function checkMemory(): Promise<boolean> {
  const goals: readonly (readonly [number, number])[] = [
    [1_000, 150],
    [5_000, 300],
  ]
  const folder = mkdtempSync(join(tmpdir(), 'driftless-bench-'))
  const script = join(folder, 'build.mjs')
  try {
    const { buildSync } = await import('esbuild')
    // What is published is JavaScript; reading TypeScript would count with 30 MB.
    buildSync({
      entryPoints: [fileURLToPath(import.meta.url)],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['esbuild'],
    })
    return goals.map(([size, goalMb]) => checkMemoryOf(script, size, goalMb)).every(Boolean)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function checkMemoryOf(script: string, size: number, goalMb: number): boolean {
  const args = [script, '--memory', String(size)]
  const megabytes = Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout)
  const isMet = megabytes > 0 && megabytes <= goalMb
  console.log(
    `${mark(isMet)} peak memory of a fresh process, ${3 * size} objects: ${megabytes} MB (goal ≤ ${goalMb})`,
  )
  return isMet
}

function measureMemory(size: number): void {
  buildOurs(overlay(size))
  console.log(Math.round(process.resourceUsage().maxRSS / 1024))
}

function medianMs(rounds: number, run: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const startedAt = performance.now()
    run()
    return performance.now() - startedAt
  })
  return times.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? Number.NaN
}

function mark(isMet: boolean): string {
  return isMet ? '✔' : '✗'
}

function overlay(size: number): Readonly<Record<string, string>> {
  const documents = Array.from({ length: size }, (_, index) => threeObjects(index))
  return {
    'base/all.yaml': documents.join('---\n'),
    'base/kustomization.yaml': 'resources: [all.yaml]\n',
    'overlay/kustomization.yaml': `resources: [../base]
namePrefix: p-
labels:
- pairs: {team: a}
  includeSelectors: true
images:
- {name: registry.example.com/team/app, newTag: 2.0.0}
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: app-0}
    spec: {replicas: 5}
`,
  }
}

function threeObjects(index: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
  labels:
    app: app-${index}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-${index}
  template:
    metadata:
      labels:
        app: app-${index}
    spec:
      containers:
      - name: app
        image: registry.example.com/team/app:1.0.${index % 10}
        args: ["--port=8080", "--name=app-${index}"]
        ports:
        - containerPort: 8080
          name: http
        envFrom:
        - configMapRef:
            name: cm-${index}
        env:
        - name: A
          value: "1"
        resources:
          limits:
            cpu: 100m
            memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: app-${index}
spec:
  selector:
    app: app-${index}
  ports:
  - port: 80
    targetPort: http
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: cm-${index}
data:
  key: value-${index}
  other: "true"
  text: |
    line one
    line two ${index}
`
}

/** A Deployment, a Service, an autoscaler and a generated ConfigMap. */
function podinfo(): Readonly<Record<string, string>> {
  const [deployment = '', service = ''] = threeObjects(0).split('---\n')
  return {
    'base/deployment.yaml': deployment,
    'base/service.yaml': service,
    'base/hpa.yaml':
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: app-0}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app-0}, maxReplicas: 4}\n',
    'base/kustomization.yaml': 'resources: [deployment.yaml, service.yaml, hpa.yaml]\n',
    'overlay/kustomization.yaml':
      'resources: [../base]\nnamespace: demo\nconfigMapGenerator:\n- {name: cm-0, literals: [a=b]}\npatches:\n- patch: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: app-0}, spec: {replicas: 3}}"\n',
  }
}
