import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const drizzle = dirname(createRequire(import.meta.url).resolve('drizzle-orm'));

// Vite would pick graphql's ES module and Node its CommonJS one: two copies do not know each other's types. Drizzle is CommonJS as in the
// product, see packages/service-kit/src/preload.mjs.
const resolve = {
  alias: [
    { find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) },
    { find: /^drizzle-orm(\/.*)?migrator$/, replacement: `${drizzle}$1migrator.cjs` },
    { find: /^drizzle-orm(\/.*)?$/, replacement: `${drizzle}$1/index.cjs` },
  ],
};

type Own = {
  name: string;
  include: string[];
  exclude?: string[];
  globalSetup?: string[];
  testTimeout?: number;
  isolate?: boolean;
};

/** Files of a project share their workers: nothing here keeps state in modules, and loading it for each file takes a minute. */
const project = (own: Own) => ({
  resolve,
  test: { isolate: false, testTimeout: 30_000, hookTimeout: 60_000, ...own },
});

// They correct the reference while it is loaded, so no other file may have loaded it before.
const differential = ['gateway/test/differential/**/*.test.ts', 'gateway/test/engine-json.test.ts'];

const journeys = ['e2e/{journeys,attacks,concurrency,sweep}/**/*.test.ts'];

/** What another gateway in front of the subgraphs can't be asked for. */
const ownFeatures = [
  // How our endpoint speaks HTTP.
  'e2e/journeys/graphql-over-http.test.ts',
  // What it counts.
  'e2e/journeys/metrics.test.ts',
];

export default defineConfig({
  test: {
    // Tests mostly wait for other processes. A third worker would have the faults of engines meet one another.
    maxWorkers: 2,
    reporters: process.env.CI ? ['default', './scripts/lib/failures-last.ts'] : ['dot'],
    projects: [
      project({
        name: 'unit',
        include: ['{packages,subgraphs}/*/test/**/*.test.ts', '{gateway,standalone}/test/**/*.test.ts'],
        exclude: differential,
        globalSetup: ['packages/testkit/src/global-setup.ts', 'scripts/engines/global-setup.ts'],
      }),
      project({ name: 'differential', include: differential, isolate: true }),
      project({
        name: 'standalone',
        include: [...journeys, 'e2e/browser/**/*.test.ts'],
        globalSetup: ['e2e/topology/standalone.ts'],
      }),
      project({ name: 'distributed', include: journeys, globalSetup: ['e2e/topology/distributed.ts'] }),
      project({
        name: 'hive',
        include: ['e2e/journeys/**/*.test.ts'],
        exclude: ownFeatures,
        globalSetup: ['e2e/topology/hive.ts'],
      }),
      project({ name: 'operation', include: ['e2e/operation/**/*.test.ts'], testTimeout: 120_000 }),
    ],
  },
});
