import { processContext, run } from './main.ts'

/** What `bin/driftless.js` loads. A reader that goes away, as `| head`, is no fault. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await run(process.argv.slice(2), processContext())
