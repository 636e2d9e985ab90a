import { defineConfig, type ViteUserConfig } from 'vitest/config'

const real = 'test/**/*.real.test.ts'
/** They start processes and kill them, attack a whole serve, or compare with git: minutes on a busy machine. */
const slow = [
  'test/**/*-killed.test.ts',
  'test/attacks/*.test.ts',
  'test/functions/**/*.test.ts',
  'test/runtime/serve.test.ts',
  'test/source/git/differential.test.ts',
]

/**
 * A second try in CI, whose machine is shared: what passes only then is named as unsteady at the end of the run. Not for
 * `unit`, whose tests wait for nothing.
 */
const retry = process.env.CI === undefined ? 0 : 1

/** `unit` and `slow` need nothing but Node.js and git; `real` needs the reference programs of `npm run peers`. */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [real, ...slow],
          testTimeout: 10_000,
          // Files of one worker share its modules: half of the time was reading them again for each.
          isolate: false,
        },
      },
      { test: { name: 'slow', include: slow, exclude: [real], testTimeout: 120_000, retry } },
      {
        test: {
          name: 'real',
          include: [real],
          globalSetup: ['test/peers/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          retry,
        },
      },
    ],
  },
})

export default config
