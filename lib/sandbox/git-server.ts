import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { asksForAuth, type GitAuth, isAuthorized } from './git-auth.ts'
import { createBareRepository, type RepositoryRefs, readRefs, spawnGit } from './git-command.ts'
import { parseGitRequest, repositoryFolder } from './git-request.ts'
import { limitBytes } from './limit-bytes.ts'
import { type Listening, listenOnLoopback } from './listen.ts'
import { createTurns } from './turns.ts'

export type GitServerOptions = {
  /** Folder that holds the repositories as `<owner>/<name>.git`. */
  readonly root: string
  /** Who may read and write a repository (`owner/name`); everybody where it answers undefined. */
  readonly auth?: (repository: string) => GitAuth | undefined
  /** Told of each ref that a push changed, after git accepted it and the client has its answer. */
  readonly onPush?: (push: Push) => void | Promise<void>
  /** Told what `onPush` threw; a fault there never reaches the client that pushed. */
  readonly onFault?: (fault: unknown) => void
  /** Largest request, unpacked. */
  readonly maxBodyBytes?: number
  /** Search path for the system's git. */
  readonly searchPath?: string
}

export type Push = {
  /** `owner/name`. */
  readonly repository: string
  readonly ref: string
  /** Forty zeros where the ref is new. */
  readonly before: string
  /** Forty zeros where the ref was deleted. */
  readonly after: string
}

export type GitServer = {
  /** Makes an empty bare repository `owner/name` with HEAD on `main`; its folder. */
  readonly createRepository: (repository: string) => Promise<string>
  readonly listen: (port?: number) => Promise<Listening>
}

const defaultMaxBodyBytes = 256 * 1024 * 1024
const noCommit = '0'.repeat(40)

/**
 * Git over smart HTTP (protocol 0 to 2) for bare repositories in a folder, served by the system's git.
 * A stand-in for a Git host: clone, fetch and push work with any client, `.git` in the URL is optional.
 */
export function createGitServer(options: GitServerOptions): GitServer {
  const turns = createTurns()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await parseGitRequest(options.root, request.method, request.url)
    if (asked === undefined) return answer(response, 404, 'repository not found')
    const auth = options.auth?.(asked.repository)
    if (!isAuthorized(auth, request.headers.authorization)) return asksForAuth(response)
    const exchange: Exchange = { ...asked, options, request, response }
    if (asked.isAdvertisement) return advertise(exchange)
    if (asked.service === 'git-upload-pack') await converse(exchange)
    else await turns(asked.repository, () => receive(exchange))
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => answer(response, 500, 'git failed'))
  })
  return {
    createRepository: async (repository) => {
      const folder = repositoryFolder(options.root, repository)
      await createBareRepository(folder, options.searchPath)
      return folder
    },
    listen: (port) => listenOnLoopback(withoutTimeout(server), port),
  }
}

type Exchange = {
  readonly repository: string
  readonly folder: string
  readonly service: 'git-upload-pack' | 'git-receive-pack'
  readonly options: GitServerOptions
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** A clone of a large repository takes as long as it takes. */
function withoutTimeout(server: Server): Server {
  server.requestTimeout = 0
  return server
}

async function advertise(exchange: Exchange): Promise<void> {
  const { service, response } = exchange
  respondWith(exchange, 'advertisement')
  const protocol = protocolOf(exchange.request)
  if (service === 'git-receive-pack' || !/(^|:)version=2(:|$)/.test(protocol)) {
    const line = `# service=${service}\n`
    response.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`)
  }
  const git = startGit(exchange, ['--advertise-refs'])
  git.stdin.end()
  await pipeline(git.stdout, response)
}

/** One request and answer of the stateless protocol, both streamed, until git has ended. */
async function converse(exchange: Exchange): Promise<void> {
  const { service, request, response, options } = exchange
  if (request.headers['content-type'] !== `application/x-${service}-request`) {
    return answer(response, 415, 'unexpected content type')
  }
  const limit = limitBytes(options.maxBodyBytes ?? defaultMaxBodyBytes)
  const isPacked = ['gzip', 'x-gzip'].includes(request.headers['content-encoding'] ?? '')
  const git = startGit(exchange, [])
  const ended = new Promise((resolve) => git.once('close', resolve))
  respondWith(exchange, 'result')
  const input = isPacked
    ? pipeline(request, createGunzip(), limit, git.stdin)
    : pipeline(request, limit, git.stdin)
  // Git may have said all it has to say before it read everything.
  const sent = input.catch(() => git.kill())
  await pipeline(git.stdout, response).catch(() => git.kill())
  await sent
  await ended
}

/** A push; one at a time per repository, so that what it changed can be told from the refs. */
async function receive(exchange: Exchange): Promise<void> {
  const { folder, options } = exchange
  const before = await readRefs(folder, options.searchPath)
  await converse(exchange)
  if (options.onPush === undefined) return
  const after = await readRefs(folder, options.searchPath)
  for (const push of changesBetween(exchange.repository, before, after)) {
    // Not awaited: a host answers the client that pushed before it tells anyone else.
    Promise.resolve(push).then(options.onPush).catch(options.onFault)
  }
}

function changesBetween(
  repository: string,
  before: RepositoryRefs,
  after: RepositoryRefs,
): readonly Push[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names
    .map((ref) => ({
      repository,
      ref,
      before: before.get(ref) ?? noCommit,
      after: after.get(ref) ?? noCommit,
    }))
    .filter((push) => push.before !== push.after)
}

function startGit(
  { folder, service, request, options }: Exchange,
  more: readonly string[],
): ReturnType<typeof spawnGit> {
  return spawnGit([service.slice('git-'.length), '--stateless-rpc', ...more, folder], {
    protocol: protocolOf(request),
    searchPath: options.searchPath,
  })
}

/** What the client wants to speak; anything but the protocol's own characters is as if it were silent. */
function protocolOf(request: IncomingMessage): string {
  const protocol = String(request.headers['git-protocol'] ?? '')
  return /^[\w.=:-]{1,200}$/.test(protocol) ? protocol : ''
}

function respondWith({ service, response }: Exchange, what: 'advertisement' | 'result'): void {
  response.writeHead(200, {
    'content-type': `application/x-${service}-${what}`,
    'cache-control': 'no-cache',
  })
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`)
}
