import type { BuildOptions } from 'esbuild'

/** What all published bundles have in common. */
export const shared: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2023',
  mainFields: ['module', 'main'],
  sourcemap: 'linked',
  legalComments: 'none',
  logLevel: 'warning',
}

/** The builder alone, for any JavaScript runtime: one that names a built-in of Node's does not bundle. */
export const builderBundle: BuildOptions = {
  ...shared,
  entryPoints: { kustomize: 'lib/kustomize/embed.ts' },
  outdir: 'dist',
  platform: 'neutral',
}
