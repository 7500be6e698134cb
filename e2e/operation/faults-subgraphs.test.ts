import { subgraphNames } from '@gatehouse/service-kit/subgraph';
import { afterAll, beforeAll } from 'vitest';
import { type Fleet, startFleet } from './faults/fleet.ts';
import { testRow } from './faults/test-row.ts';

// A fleet whose subgraphs go away, one after the other, while people use it.
let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet(subgraphNames);
});
afterAll(() => fleet?.close());

for (const name of subgraphNames) testRow(name, () => fleet);
