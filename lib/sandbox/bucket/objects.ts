import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, textAt } from '../../manifest/object.ts'

export type ObjectInfo = {
  readonly key: string
  /** With the quotes that HTTP wants: `"<md5 hex>"`. */
  readonly etag: string
  readonly sizeBytes: number
  readonly modified: string
  /** Content type, cache control and `x-amz-meta-*`, as they were given. */
  readonly headers: Readonly<Record<string, string>>
}

export type StoredObject = ObjectInfo & { readonly body: Uint8Array }

/** The objects of one bucket; writes are whole or not at all. */
export type Objects = {
  readonly info: (key: string) => ObjectInfo | undefined
  readonly read: (key: string) => Promise<StoredObject | undefined>
  readonly write: (
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    modified: string,
  ) => Promise<ObjectInfo>
  readonly remove: (key: string) => Promise<ObjectInfo | undefined>
  /** In the order of the keys' UTF-8 bytes. */
  readonly list: (prefix: string) => readonly ObjectInfo[]
}

export function createMemoryObjects(): Objects {
  const bodies = new Map<string, Uint8Array>()
  return withIndex(new Map(), {
    save: async (info, body) => {
      bodies.set(info.key, body)
    },
    load: async (key) => bodies.get(key) ?? new Uint8Array(),
    erase: async (key) => {
      bodies.delete(key)
    },
  })
}

/** One file an object: a line of JSON that describes it, then its bytes. Files are named by hash, so that any key is safe. */
export async function openFileObjects(directory: string): Promise<Objects> {
  await mkdir(directory, { recursive: true })
  const index = new Map<string, ObjectInfo>()
  for (const name of await readdir(directory)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue
    const { head } = split(await readFile(join(directory, name)))
    const info = parseInfo(head)
    if (info !== undefined) index.set(info.key, info)
  }
  const fileOf = (key: string): string =>
    join(directory, createHash('sha256').update(key).digest('hex'))
  return withIndex(index, {
    save: async (info, body) => {
      const fresh = `${fileOf(info.key)}.${randomUUID()}.new`
      await writeFile(fresh, Buffer.concat([Buffer.from(`${JSON.stringify(info)}\n`), body]))
      await rename(fresh, fileOf(info.key))
    },
    load: async (key) => split(await readFile(fileOf(key))).body,
    erase: (key) => rm(fileOf(key), { force: true }),
  })
}

type Bodies = {
  readonly save: (info: ObjectInfo, body: Uint8Array) => Promise<void>
  readonly load: (key: string) => Promise<Uint8Array>
  readonly erase: (key: string) => Promise<void>
}

function withIndex(index: Map<string, ObjectInfo>, bodies: Bodies): Objects {
  return {
    info: (key) => index.get(key),
    read: async (key) => {
      const info = index.get(key)
      return info && { ...info, body: await bodies.load(key) }
    },
    write: async (key, body, headers, modified) => {
      const etag = `"${createHash('md5').update(body).digest('hex')}"`
      const info = { key, etag, sizeBytes: body.byteLength, modified, headers }
      await bodies.save(info, body)
      index.set(key, info)
      return info
    },
    remove: async (key) => {
      const info = index.get(key)
      index.delete(key)
      if (info !== undefined) await bodies.erase(key)
      return info
    },
    list: (prefix) =>
      [...index.values()]
        .filter(({ key }) => key.startsWith(prefix))
        .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
  }
}

function split(bytes: Buffer): { readonly head: string; readonly body: Uint8Array } {
  const end = bytes.indexOf(10)
  return { head: bytes.subarray(0, end).toString('utf8'), body: bytes.subarray(end + 1) }
}

function parseInfo(line: string): ObjectInfo | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    if (!isJsonObject(parsed)) return undefined
    const headers = isJsonObject(parsed.headers) ? Object.entries(parsed.headers) : []
    return {
      key: textAt(parsed, 'key'),
      etag: textAt(parsed, 'etag'),
      sizeBytes: Number(parsed.sizeBytes),
      modified: textAt(parsed, 'modified'),
      headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    }
  } catch {
    return undefined
  }
}
