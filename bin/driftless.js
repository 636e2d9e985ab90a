#!/usr/bin/env node
// Kept to syntax that old versions of Node parse, so that they can print the remedy instead of a stack.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `✗ driftless needs Node.js 22.19 or newer, and this is ${process.version}. In a checkout run it as 'npx driftless', which brings its own; elsewhere install a newer Node.js.\n`,
  )
  process.exit(1)
}
// What was compiled once is not compiled again: a third of the start. Not imported, because that opens streams.
const module = process.getBuiltinModule('node:module')
module.enableCompileCache?.()
if (!isBuiltQuickly()) await import('../dist/cli.js')

function isBuiltQuickly() {
  const [command, ...args] = process.argv.slice(2)
  if (command !== 'build') return false
  return module
    .createRequire(import.meta.url)('../dist/quick.cjs')
    .buildQuickly(args)
}
