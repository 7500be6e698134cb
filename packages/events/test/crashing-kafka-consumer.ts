import { openDatabase, openPostgresPubSub } from '@gatehouse/data';
import { silentLogger } from '@gatehouse/testkit';
import { openKafkaEventBus } from '../src/kafka/index.ts';

// A consumer that dies while it handles its first event: no clean-up, no goodbye.
const [url, brokers, prefix, group, maxAttempts] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string?,
];
const database = openDatabase({ url, schema: 'platform', poolSize: 2, applicationName: 'crashing consumer' });
const pubSub = openPostgresPubSub({ url, logger: silentLogger });
const settings = { brokers: [brokers], prefix };
const bus = openKafkaEventBus({ settings, database, pubSub, logger: silentLogger, leaseMs: 3_000 });
await bus.subscribe({
  group,
  types: ['user.roles_changed'],
  ...(maxAttempts && { maxAttempts: Number(maxAttempts) }),
  handler: async () => {
    process.kill(process.pid, 'SIGKILL');
  },
});
setInterval(() => {}, 1_000);
