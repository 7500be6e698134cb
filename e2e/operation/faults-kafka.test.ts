import { afterAll, beforeAll, describe, expect } from 'vitest';
import { engines } from '../../scripts/engines/index.ts';
import { type Fleet, startFleet } from './faults/fleet.ts';
import { type RoleChanges, startRoleChanges } from './faults/role-changes.ts';
import { testRow } from './faults/test-row.ts';

// A fleet whose Kafka goes away while people use it.
const missing = engines.kafka.missing();
if (missing && process.env.CI)
  throw new Error(`kafka is missing (${missing}): run node scripts/engines/prepare.ts`);

let fleet: Fleet;
let changes: RoleChanges;
beforeAll(async () => {
  if (missing) return;
  fleet = await startFleet(['Kafka']);
  changes = await startRoleChanges(fleet.story, await fleet.story.administrator());
});
afterAll(() => fleet?.close());

describe.skipIf(missing)('of the bus', () => {
  testRow('Kafka', () => fleet, {
    async around() {
      const { story } = fleet;
      await changes.applied(3);
      return async () => {
        const { email } = await story.register();
        return async () => {
          // What was asked for meanwhile comes now.
          const code = story.mailbox.codeOf(await story.mailbox.waitForMail({ to: email }));
          const person = await story.confirm({ email, password: 'correct horse battery' }, code);
          expect(await person.client.refusal('{ me { id } }')).toBeNull();
        };
      };
    },
    // Each event is applied once and in order.
    async atTheEnd() {
      const { made, log } = await changes.stop();
      expect(log).toEqual(made);
    },
  });
});
