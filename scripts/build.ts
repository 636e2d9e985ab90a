/** Bundles the command line and the published builder into `dist/`; run by `npm ci` through `prepare`. */
import { type BuildOptions, build } from 'esbuild'

const shared: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2023',
  mainFields: ['module', 'main'],
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
}

// Some bundled packages still call `require` for Node's built-ins.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

await build({
  ...shared,
  entryPoints: { cli: 'lib/cli/entry.ts' },
  outdir: 'dist',
  platform: 'node',
  splitting: true,
  banner: { js: requireBanner },
})

await build({
  ...shared,
  entryPoints: { kustomize: 'lib/kustomize/build.ts' },
  outdir: 'dist',
  platform: 'neutral',
})
