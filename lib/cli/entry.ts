import { messageOf } from '../status/error.ts'
import { processContext, run } from './main.ts'

/** What `bin/driftless.js` loads. A reader that goes away, as `| head`, is no fault. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || error.code === 'ECONNRESET') process.exit(0)
  throw error
})
const context = processContext()
// What no command caught ends the process as it would without this, but with one line instead of a stack.
process.on('uncaughtException', (thrown) => {
  const { output, environment } = context
  output.failure(`unexpected fault: ${messageOf(thrown)}`)
  output.note(environment.DRIFTLESS_DEBUG ? `${thrown.stack}` : 'DRIFTLESS_DEBUG=1 shows where')
  process.exit(1)
})
process.exitCode = await run(process.argv.slice(2), context)
