import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Vite would pick graphql's ES module and Node its CommonJS one: two copies do not know each other's types.
const resolve = {
  alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
};

const journeys = ['e2e/{journeys,attacks,concurrency,sweep}/**/*.test.ts'];

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default'] : ['dot'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['{packages,subgraphs}/*/test/**/*.test.ts', '{gateway,standalone}/test/**/*.test.ts'],
          globalSetup: ['packages/testkit/src/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: 'standalone',
          include: journeys,
          globalSetup: ['e2e/topology/standalone.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: 'distributed',
          include: journeys,
          globalSetup: ['e2e/topology/distributed.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
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
