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
        },
      },
      { test: { name: 'slow', include: slow, exclude: [real], testTimeout: 60_000 } },
      {
        test: {
          name: 'real',
          include: [real],
          globalSetup: ['test/peers/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})

export default config
