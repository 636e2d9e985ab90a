import { request } from 'node:https'
import type { ControlPlane } from '../peers/control-plane.ts'

export type WatchedText = {
  /** What stood there, one after the other; a write that changed nothing of it is none. */
  readonly texts: () => readonly string[]
  readonly stop: () => void
}

/** Watches one key of a ConfigMap in the API server, so that no write between two looks is missed. */
export async function watchText(
  { server, ca, token }: ControlPlane,
  path: string,
  key: string,
): Promise<WatchedText> {
  const name = path.split('/').at(-1) ?? ''
  const query = `watch=true&fieldSelector=metadata.name=${name}&resourceVersion=0`
  const url = new URL(`${path.slice(0, -name.length - 1)}?${query}`, server)
  const texts: string[] = []
  let rest = ''
  const take = (line: string): void => {
    if (line === '') return
    const { type, object } = Object(JSON.parse(line))
    const text: unknown = Object(Object(object).data)[key]
    const isSame = texts.at(-1) === text
    if (type !== 'DELETED' && typeof text === 'string' && !isSame) texts.push(text)
  }
  let stop: () => void = () => undefined
  let isStopped = false
  // The server ends a watch after some half an hour.
  const reopen = (): void => {
    if (!isStopped) open().catch(() => undefined)
  }
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` }
      const call = request(url, { ca, agent: false, headers }, (response) => {
        rest = ''
        response.on('error', () => undefined)
        response.once('close', reopen)
        response.on('data', (chunk: Buffer) => {
          const lines = (rest + String(chunk)).split('\n')
          rest = lines.pop() ?? ''
          lines.forEach(take)
        })
        resolve()
      })
      call.once('error', reject)
      call.end()
      stop = () => void call.destroy()
    })
  await open()
  return {
    texts: () => [...texts],
    stop: () => {
      isStopped = true
      stop()
    },
  }
}
