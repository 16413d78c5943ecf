import { defineConfig } from 'vitest/config'

// A zone with an odd offset, so that no hidden local time passes for UTC.
const env = { TZ: 'Asia/Kathmandu' }
const setupFiles = ['tests/setup/strict.ts']
const globalSetup = ['tests/setup/run.ts']

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    env,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{lib,components,app,bin}/**/*.test.{ts,tsx}', 'tests/*.test.ts'],
          setupFiles,
          globalSetup,
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          setupFiles,
          globalSetup,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          setupFiles,
          globalSetup,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
