/** `npm run bench [NAME…] [-- --full]`: every benchmark of this folder, or those named, one after the other. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const args = process.argv.slice(2)
const named = args.filter((arg) => !arg.startsWith('-'))
const flags = args.filter((arg) => arg.startsWith('-'))
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.startsWith('_'))
  .map((file) => basename(file, '.ts'))
  .sort()

const unknown = named.filter((name) => !known.includes(name))
if (args.includes('--help') || unknown.length > 0) {
  for (const name of unknown) console.error(`✗ there is no benchmark '${name}'`)
  console.log(`npm run bench [-- NAME…] [--full]\n\nBenchmarks: ${known.join(', ')}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

let failures = 0
for (const name of named.length > 0 ? named : known) {
  console.log(`\n# ${name}`)
  const run = spawnSync(process.execPath, [join(folder, `${name}.ts`), ...flags], {
    stdio: 'inherit',
  })
  if (run.status !== 0) failures += 1
}
process.exit(failures === 0 ? 0 : 1)
