import { afterAll, beforeAll } from 'vitest';
import { type Fleet, startFleet } from './faults/fleet.ts';
import { testRow } from './faults/test-row.ts';

// A fleet whose database goes away while people use it.
let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet(['PostgreSQL']);
});
afterAll(() => fleet?.close());

testRow('PostgreSQL', () => fleet);
