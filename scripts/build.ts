/** Bundles the command line and the published builder into `dist/`; run by `npm ci` through `prepare`. */
import { globSync, rmSync } from 'node:fs'
import { build } from 'esbuild'
import { buildTypes } from './build-types.ts'
import { builderBundle, shared } from './bundle-options.ts'

// Some bundled packages still call `require` for Node's built-ins.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

const { metafile } = await build({
  ...shared,
  entryPoints: { cli: 'lib/cli/entry.ts' },
  outdir: 'dist',
  platform: 'node',
  splitting: true,
  metafile: true,
  banner: { js: requireBanner },
})

// Chunks of earlier builds, whose names tell them apart; they would be published, too.
for (const file of globSync('dist/*-*.js{,.map}')) {
  if (!Object.hasOwn(metafile.outputs, file)) rmSync(file)
}

// Its start is what counts: CommonJS loads faster, and what is short compiles faster.
await build({
  ...shared,
  entryPoints: { quick: 'lib/cli/build/quick.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  platform: 'node',
  format: 'cjs',
  minify: true,
})

await build(builderBundle)
buildTypes('lib/kustomize/embed.ts', 'dist/types')
