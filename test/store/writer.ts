/**
 * A process of its own for tests of the file store: writes until it is killed, and says on stdout what is done.
 * Arguments: folder, task, name.
 */
import { writeSync } from 'node:fs'
import { createFileStore } from '../../lib/store/files.ts'
import { acquireLease } from '../../lib/store/lease.ts'
import { updateRecord } from '../../lib/store/records.ts'
import { parseCounter } from './counter.ts'

const [folder = '', task = '', name = ''] = process.argv.slice(2)
const store = createFileStore(folder)

/** A promise of stdout's stream might be kept after the kill; a written byte is not. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Counts up one shared record, `name` times. */
  count: async () => {
    for (let times = Number(name); times > 0; times -= 1) {
      await updateRecord(store, 'shared/counter', parseCounter, (current) => ({
        version: 1,
        count: (current?.count ?? 0) + 1,
      }))
    }
    say('done')
  },

  /** Writes a record of its own and a shared one for ever; says each number before and after it is written. */
  write: async () => {
    for (let count = 1; ; count += 1) {
      say(`begin ${count}`)
      const text = JSON.stringify({ version: 1, count, filler: 'x'.repeat((count % 7) * 5000) })
      await store.put(`own/${name}`, text)
      await store.put(`fresh/${name}/${count}`, text)
      await store.put('shared/record', text)
      say(`end ${count}`)
      await store.delete(`fresh/${name}/${count - 1}`)
    }
  },

  /** Creates once, and says whether it won. */
  create: async () => {
    say('ready')
    await new Promise((resolve) => process.stdin.once('data', resolve))
    const etag = await store.put('shared/once', name, { ifNoneMatch: '*' })
    say(etag === undefined ? 'lost' : `won ${name}`)
    process.stdin.destroy()
  },

  /** Takes a lease and hangs. */
  lease: async () => {
    const lease = await acquireLease(store, 'lease', {
      owner: name,
      ttlMs: 60_000,
      now: () => new Date(),
    })
    say(`fence ${lease?.fence}`)
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  },
}

await tasks[task]?.()
