import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { engineUrl } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventBus } from '../src/index.ts';
import { eventBusContract } from './contract/event-bus.ts';
import { roleEvent } from './contract/events.ts';
import { openPlace, type Place } from './harness.ts';

const broker = engineUrl('kafka');
const prefix = `test-${randomUUID()}`;
const settings = { brokers: [broker ?? ''], prefix };

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());

/** A process that dies while it handles the group's next event. */
async function crash(group: string, ...maxAttempts: string[]): Promise<void> {
  const script = path.join(import.meta.dirname, 'crashing-kafka-consumer.ts');
  const given = [place.url, broker ?? '', prefix, group, ...maxAttempts];
  const child = spawn(process.execPath, [script, ...given], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

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
    crash,
    { mayRepeat: true },
  );

  it('gives an event up that ends its process every time, and goes on with the others', async () => {
    const bus = await place.openKafka(settings);
    const group = 'deadly';
    const types = ['user.roles_changed'] as const;
    const begun = await bus.subscribe({ group, types, handler: async () => {} });
    await bus.joined(group);
    await begun.stop();
    const [deadly, other] = [roleEvent(randomUUID(), 1), roleEvent(randomUUID(), 2)];
    await bus.publish([deadly]);
    for (let n = 0; n < 2; n++) await crash(group, '2');

    const got: string[] = [];
    const handler = async ({ id }: { id: string }) => void got.push(id);
    const subscription = await bus.subscribe({ group, types, handler, maxAttempts: 2 });
    await bus.publish([other]);
    await vi.waitFor(() => expect(got).toContain(other.id), { timeout: 15_000 });
    await vi.waitFor(async () => expect(await bus.deadLetters.count(group)).toBe(1), { timeout: 15_000 });
    const [letter] = await bus.deadLetters.list({ group });
    expect(letter).toMatchObject({ event: deadly, reason: 'interrupted every time' });
    expect(got).toEqual([other.id]);
    await subscription.stop();
    await bus.close();
  }, 90_000);
});
