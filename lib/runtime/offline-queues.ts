import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DeadLetterDesk } from '../queue/dead-letters.ts'
import { createLocalQueue, type LocalQueue } from '../queue/local.ts'
import { createLocalDesk } from '../queue/local-dead-letters.ts'
import { tryProcessLock } from '../store/process-lock.ts'

/** Dead letters in the state of a `serve` that does not run; what is sent again is worked on when it does. */
export function openOfflineDesk(stateDirectory: string): DeadLetterDesk {
  return {
    list: () => withQueues(stateDirectory, (desk) => desk.list()),
    redrive: (ids) => withQueues(stateDirectory, (desk) => desk.redrive(ids)),
  }
}

/** Each queue is held for as short as possible: a `serve` that starts meanwhile finds it locked. */
async function withQueues<T>(
  stateDirectory: string,
  work: (desk: DeadLetterDesk) => Promise<T>,
): Promise<T> {
  const requests = openQueue(stateDirectory, 'requests')
  const notices = openQueue(stateDirectory, 'notices')
  const queues = {
    ...(requests === undefined ? {} : { requests }),
    ...(notices === undefined ? {} : { notices }),
  }
  try {
    return await work(createLocalDesk(queues))
  } finally {
    await Promise.all([requests?.stop(), notices?.stop()])
  }
}

function openQueue(stateDirectory: string, name: string): LocalQueue | undefined {
  const directory = join(stateDirectory, 'queues', name)
  return existsSync(directory) ? createLocalQueue({ directory, lock: tryProcessLock }) : undefined
}
