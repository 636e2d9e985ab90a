import { defineConfig, type ViteUserConfig } from 'vitest/config'

const real = 'test/**/*.real.test.ts'

/** `unit` needs nothing but Node.js; `real` needs the reference programs of `npm run peers`. */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [real],
          testTimeout: 10_000,
        },
      },
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
