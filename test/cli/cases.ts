import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { parseAllDocuments } from 'yaml'
import type { CliContext } from '../../lib/cli/context.ts'
import { run } from '../../lib/cli/main.ts'
import { createOutput } from '../../lib/cli/output.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { isKubeObject } from '../../lib/manifest/object.ts'
import { parseTxtar } from '../txtar.ts'
import { type CaseWorld, createCaseWorld } from './case-world.ts'

/**
 * One file of `cases`. `args` is the command line; `work/…` stands in the folder it runs in; `world` names a file of
 * `worlds`, whose files the case's own lie over, and without it no Driftless runs. `input` is piped in, `before`
 * holds command lines that ran earlier, `cluster.yaml` what other hands made in the cluster, `interrupt` at which wait
 * Ctrl-C comes.
 */
export type Case = {
  readonly topic: string
  readonly name: string
  readonly files: ReadonlyMap<string, string>
}

export type Ran = { readonly stdout: string; readonly stderr: string; readonly exit: number }

export function loadCases(): readonly Case[] {
  return globSync('*/*.txtar', { cwd: join(import.meta.dirname, 'cases') })
    .sort()
    .map((file) => {
      const [topic = '', name = ''] = file.replace('.txtar', '').split('/')
      return { topic, name, files: readTxtar(join('cases', file)) }
    })
}

export async function runCase({ files: own }: Case): Promise<Ran & { readonly left: string }> {
  const worldName = own.get('world')?.trim()
  const shared = worldName === undefined ? [] : readTxtar(join('worlds', `${worldName}.txtar`))
  const files = new Map([...shared, ...own])
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'driftless-cli-')))
  const place = worldName === undefined ? undefined : await createCaseWorld(files)
  try {
    await writeWork(folder, files)
    if (place !== undefined) await openSandbox(folder, files, place)
    for (const line of linesOf(files.get('before'))) await runLine(line, folder, files, place)
    await place?.push()
    const ran = await runLine(files.get('args') ?? '', folder, files, place)
    const written = files.has('want.file') ? readFileSync(join(folder, 'out.yaml'), 'utf8') : ''
    return { ...ran, left: written }
  } finally {
    await place?.world.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function runLine(
  line: string,
  folder: string,
  files: ReadonlyMap<string, string>,
  place: CaseWorld | undefined,
): Promise<Ran> {
  const stdout: string[] = []
  const stderr: string[] = []
  const output = createOutput(
    (text) => void stdout.push(text),
    (text) => void stderr.push(text),
    false,
  )
  const args = line.split(/\s+/).filter((arg) => arg !== '')
  const exit = await run(args, { ...contextOf(folder, files, place), output })
  const plain = (texts: readonly string[]) => withPlaceholders(texts.join(''), folder)
  return { stdout: plain(stdout), stderr: plain(stderr), exit }
}

function contextOf(
  folder: string,
  files: ReadonlyMap<string, string>,
  place: CaseWorld | undefined,
): Omit<CliContext, 'output'> {
  const interrupted = Promise.withResolvers<void>()
  let waitsLeft = Number(files.get('interrupt') ?? Number.POSITIVE_INFINITY)
  const environment = linesOf(files.get('environment')).map((line) => line.split('='))
  return {
    hasColors: false,
    environment: Object.fromEntries(environment),
    workingDirectory: folder,
    input: Readable.from([files.get('input') ?? '']),
    interrupted: interrupted.promise,
    wait: async (ms) => {
      waitsLeft -= 1
      if (waitsLeft <= 0) interrupted.resolve()
      await place?.world.settle(ms)
    },
    now: () => place?.world.ports.now() ?? new Date('2026-11-23T10:00:00Z'),
    fetch: async (url, init) => {
      if (place !== undefined) return place.fetch(url, init)
      const answer = files.get('answer')
      if (answer !== undefined) return new Response(answer)
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    },
  }
}

/** Writes the files of `work/`. */
export async function writeWork(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of files) {
    if (!name.startsWith('work/')) continue
    const file = join(folder, name.slice('work/'.length))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

/** Makes the sandbox reachable as `serve` and as a kubeconfig of one's own do, for commands that go to the cluster. */
async function openSandbox(
  folder: string,
  files: ReadonlyMap<string, string>,
  { world }: CaseWorld,
): Promise<void> {
  if (!/^(diff|check|adopt|release)\b/.test(files.get('args') ?? '')) return
  const { kubeconfigText } = await world.sandbox.listen()
  await mkdir(join(folder, '.driftless', 'sandbox'), { recursive: true })
  await mkdir(join(folder, 'secrets', 'sandbox-kubeconfig'), { recursive: true })
  await writeFile(join(folder, 'secrets', 'sandbox-kubeconfig', 'value'), kubeconfigText)
  await writeFile(join(folder, 'kubeconfig'), kubeconfigText)
  for (const { name } of await world.operations.clusters()) {
    await writeFile(join(folder, '.driftless', 'sandbox', `${name}.kubeconfig`), kubeconfigText)
  }
  const documents = parseAllDocuments(files.get('cluster.yaml') ?? '')
  const client = createClusterClient(world.sandbox.transport, { fieldManager: 'kubectl' })
  for (const object of documents.map((document): unknown => document.toJS())) {
    if (isKubeObject(object)) await client.applyServerSide(object, { isForced: true })
  }
}

/** What no case can foretell: folders, ports, random ids. */
function withPlaceholders(text: string, folder: string): string {
  return text
    .replaceAll(folder, '$WORK')
    .replace(/127\.0\.0\.1:(?!8080)\d+/g, '127.0.0.1:$PORT')
    .replace(/\b\d{13}-\d{6}-[\w-]+/g, '$EVENT_ID')
    .replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g, '$UID')
}

function readTxtar(file: string): ReadonlyMap<string, string> {
  return parseTxtar(readFileSync(join(import.meta.dirname, file), 'utf8')).files
}

function linesOf(text = ''): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
