/**
 * A process of its own that sends and works until it is killed. Arguments: folder, first id, `send`, `work` or `crash`.
 * Says `sent <id>` only after the queue took the message, and `done <id>` only after the work.
 */
import { writeSync } from 'node:fs'
import { createLocalQueue } from '../../lib/queue/local.ts'
import { tryProcessLock } from '../../lib/store/process-lock.ts'

const [directory = '', first = '', task = ''] = process.argv.slice(2)
const { queue, start } = createLocalQueue({ directory, lock: tryProcessLock, maxReceives: 3 })

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

if (task === 'crash') {
  start(async () => {
    process.kill(process.pid, 'SIGKILL')
  })
} else if (task === 'work') {
  start(async ({ id }) => {
    await new Promise((resolve) => setImmediate(resolve))
    say(`done ${id}`)
  })
}
say('ready')
for (let id = Number(first); task !== 'crash'; id += 1) {
  const body = JSON.stringify({ id, filler: 'x'.repeat((id % 5) * 3000) })
  await queue.send([{ group: `g${id % 7}`, id: String(id), body }])
  say(`sent ${id}`)
  await new Promise((resolve) => setImmediate(resolve))
}
