import { defineConfig } from 'vitest/config';

const journeys = ['e2e/{journeys,attacks,concurrency,sweep}/**/*.test.ts'];

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default'] : ['dot'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,subgraphs}/*/test/**/*.test.ts', '{gateway,standalone}/test/**/*.test.ts'],
          globalSetup: ['packages/testkit/src/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'standalone',
          include: journeys,
          globalSetup: ['e2e/topology/standalone.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'distributed',
          include: journeys,
          globalSetup: ['e2e/topology/distributed.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'operation',
          include: ['e2e/operation/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
