/**
 * A process that kills itself with SIGKILL at its n-th call of the file system, half way through where the call writes.
 * Arguments: folder, n. Where it lives to the end it says `survived`.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const [folder = '', nth = ''] = process.argv.slice(2)
const calls = [
  'linkSync',
  'mkdirSync',
  'openSync',
  'renameSync',
  'rmdirSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync',
] as const
let count = 0
let isArmed = false

for (const name of calls) {
  const original: unknown = Reflect.get(fs, name)
  if (typeof original !== 'function') throw new Error(`node:fs has no ${name}`)
  const patched = (...args: readonly unknown[]): unknown => {
    if (!isArmed || count > Number(nth)) return Reflect.apply(original, fs, args)
    count += 1
    if (count < Number(nth)) return Reflect.apply(original, fs, args)
    const content = args[1]
    if (name === 'writeSync' && content instanceof Uint8Array) {
      Reflect.apply(original, fs, [args[0], content.subarray(0, content.length / 2)])
    }
    process.kill(process.pid, 'SIGKILL')
    // The signal is on its way; nothing else may happen.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  }
  Reflect.set(fs, name, patched)
}
syncBuiltinESMExports()

const { createFileStore } = await import('../../lib/store/files.ts')
const store = createFileStore(folder)
isArmed = true
const etag = await store.put('a/b/one', 'one 1', { ifNoneMatch: '*' })
await store.put('a/b/one', 'one 2', { ifMatch: etag ?? '' })
await store.delete('a/b/one')
await store.put('a/b/one', 'one 3')
isArmed = false
fs.writeSync(1, 'survived\n')
