import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { engineUrl } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { EventBus } from '../src/index.ts';
import { eventBusContract } from './contract/event-bus.ts';
import { openPlace, type Place } from './harness.ts';

const broker = engineUrl('kafka');
const prefix = `test-${randomUUID()}`;
const settings = { brokers: [broker ?? ''], prefix };

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());

describe.skipIf(!broker)('Kafka', () => {
  eventBusContract(
    'Kafka',
    async () => {
      const bus = await place.openKafka(settings);
      expect(await bus.ready()).toBe(true);
      // No partition changes hands while a test of the contract looks.
      const subscribe: EventBus['subscribe'] = async (options) => {
        const subscription = await bus.subscribe(options);
        await bus.joined(options.group);
        return subscription;
      };
      return { ...bus, subscribe };
    },
    async (group) => {
      const script = path.join(import.meta.dirname, 'crashing-kafka-consumer.ts');
      const child = spawn(process.execPath, [script, place.url, broker ?? '', prefix, group], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
    },
    { mayRepeat: true },
  );
});
