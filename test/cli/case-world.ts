import { createHash } from 'node:crypto'
import { createApi } from '../../lib/web/api.ts'
import { createTestWorld, type TestWorld } from '../reconcile/world.ts'

/**
 * The world of a case, from its files: `fleet.yaml`, `git/<repository>/<path>` at https://git.example/<repository>,
 * `bucket/<name>/<path>`. What lies under `then/` is pushed or uploaded later, by `push`.
 */
export type CaseWorld = {
  readonly world: TestWorld
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly push: () => Promise<void>
}

export async function createCaseWorld(files: ReadonlyMap<string, string>): Promise<CaseWorld> {
  const world = await createTestWorld()
  publishAll(world, files, 1)
  await world.load(files.get('fleet.yaml') ?? '')
  await world.settle(2_000)
  const api = createApi({
    operations: world.operations,
    health: () => ({}),
    wait: async () => {},
    report: () => {},
  })
  return {
    world,
    // Whoever asks for something finds it done at the next look; no time passes otherwise.
    fetch: async (url, init) => {
      const answer = await api.request(url.replace(/^.*\/api\/v1/, ''), init)
      if (init.method === 'POST') await world.settle()
      return answer
    },
    push: async () => {
      const pushed = [...files].flatMap(([path, text]): [string, string][] =>
        path.startsWith('then/') ? [[path.slice('then/'.length), text]] : [],
      )
      publishAll(world, new Map([...files, ...pushed]), 2)
    },
  }
}

function publishAll(world: TestWorld, files: ReadonlyMap<string, string>, count: number): void {
  const sources = new Map<string, Record<string, string>>()
  for (const [path, text] of files) {
    const found = /^(git|bucket)\/([^/]+)\/(.+)$/.exec(path)
    if (found === null) continue
    const [, type, name = '', file = ''] = found
    const url = type === 'git' ? `https://git.example/${name}` : name
    sources.set(url, { ...sources.get(url), [file]: text })
  }
  for (const [url, content] of sources) world.publish(url, revisionOf(url, count), content)
}

/** Revisions that are told apart at sight: all ones at first, all twos after the push. */
function revisionOf(url: string, count: number): string {
  if (url.startsWith('https:')) return `main@sha1:${String(count).repeat(40)}`
  return `sha256:${createHash('sha256').update(`${url} ${count}`).digest('hex')}`
}
