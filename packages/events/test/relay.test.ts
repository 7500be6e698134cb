import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@gatehouse/testkit';
import { sql } from 'drizzle-orm';
import { pgSchema } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type CloudEvent,
  type EventBus,
  handleOnce,
  outboxTable,
  processedEventTable,
  startRelay,
  writeEvent,
} from '../src/index.ts';
import { openPlace, type Place } from './harness.ts';

const schema = pgSchema('house');
const outbox = outboxTable(schema);
const processedEvent = processedEventTable(schema);
const tenantId = randomUUID();

let place: Place;
let bus: EventBus;
beforeAll(async () => {
  place = await openPlace('house');
  bus = await place.openBus();
  await place.database.db.execute(sql`create schema house`);
  await place.database.db.execute(sql`create table house.outbox (position bigserial primary key, id uuid not null unique,
    type text not null, tenant_id uuid not null, subject text not null, data jsonb not null, traceparent text,
    created_at timestamptz(3) not null default now())`);
  await place.database.db.execute(sql`create table house.processed_event (group_name text, event_id text,
    processed_at timestamptz(3) not null default now(), primary key (group_name, event_id))`);
  await place.database.db.execute(sql`create table house.effect (event_id text)`);
});
afterAll(async () => {
  await bus.close();
  await place.close();
});
beforeEach(() => place.database.db.execute(sql`truncate house.outbox`));

const write = (subject: string, n: number) =>
  place.database.transaction((tx) =>
    writeEvent(tx, outbox, {
      type: 'user.roles_changed',
      tenantId,
      subject,
      data: { userId: subject, added: [String(n)], removed: [], changedBy: 'system' },
      traceparent: '00-a-b-01',
    }),
  );
const waiting = () => place.database.db.$count(outbox);
const numberOf = (event: CloudEvent) => Number((event.data as { added: string[] }).added[0]);

describe('writeEvent', () => {
  it('is part of the transaction', async () => {
    await place.database
      .transaction(async (tx) => {
        const userId = randomUUID();
        await writeEvent(tx, outbox, {
          type: 'auth.registration_confirmed',
          tenantId,
          subject: userId,
          data: { userId },
        });
        throw new Error('rolled back');
      })
      .catch(() => {});
    expect(await waiting()).toBe(0);
  });

  it('refuses data that are not exactly the catalogue’s', async () => {
    const userId = randomUUID();
    for (const data of [{ userId: 'x' }, { userId, password: 'secret' }]) {
      await expect(
        place.database.transaction((tx) =>
          writeEvent(tx, outbox, {
            type: 'auth.registration_confirmed',
            tenantId,
            subject: userId,
            data: data as { userId: string },
          }),
        ),
      ).rejects.toThrow();
    }
    expect(await waiting()).toBe(0);
  });
});

it('publishes what was committed as CloudEvents, soon, and clears the outbox', async () => {
  const published: CloudEvent[] = [];
  const publish = async (events: readonly CloudEvent[]) => {
    published.push(...events);
  };
  const relay = startRelay({
    database: place.database,
    outbox,
    bus: { publish },
    logger: silentLogger,
    pollMs: 60_000,
  });
  const subject = randomUUID();
  const id = await write(subject, 7);
  // Long before it would look by itself.
  await vi.waitFor(() => expect(published).toHaveLength(1), 5_000);
  expect(published[0]).toEqual({
    specversion: '1.0',
    id,
    source: '/gatehouse/house',
    type: 'user.roles_changed',
    subject,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    traceparent: '00-a-b-01',
    data: { userId: subject, added: ['7'], removed: [], changedBy: 'system' },
  });
  await relay.stop();
  expect(await waiting()).toBe(0);
});

it('finds what was written without a hint', async () => {
  const publish = vi.fn(async () => {});
  const relay = startRelay({
    database: place.database,
    outbox,
    bus: { publish },
    logger: silentLogger,
    pollMs: 30,
  });
  await delay(50);
  await place.database.db
    .insert(outbox)
    .values({ id: randomUUID(), type: 'x', tenantId, subject: 's', data: {} });
  await vi.waitFor(() => expect(publish).toHaveBeenCalledTimes(1), 5_000);
  await relay.stop();
});

it('keeps trying in order while the bus is down, and loses nothing', async () => {
  const subject = randomUUID();
  const published: number[] = [];
  let failures = 3;
  const publish = async (events: readonly CloudEvent[]) => {
    if (failures-- > 0) throw new Error('the bus is down');
    published.push(...events.map(numberOf));
  };
  const relay = startRelay({ database: place.database, outbox, bus: { publish }, logger: silentLogger });
  for (let n = 0; n < 5; n++) await write(subject, n);
  await vi.waitFor(() => expect(published).toEqual([0, 1, 2, 3, 4]), { timeout: 10_000 });
  await relay.stop();
});

it('moves each event once and in order when several processes run it, more than a batch at a time', async () => {
  const published: number[] = [];
  const publish = async (events: readonly CloudEvent[]) => {
    await delay(5);
    published.push(...events.map(numberOf));
  };
  const subject = randomUUID();
  for (let n = 0; n < 250; n += 50) {
    await place.database.transaction(async (tx) => {
      for (let m = n; m < n + 50; m++) {
        await writeEvent(tx, outbox, {
          type: 'user.roles_changed',
          tenantId,
          subject,
          data: { userId: subject, added: [String(m)], removed: [], changedBy: 'system' },
        });
      }
    });
  }
  const relays = Array.from({ length: 4 }, () =>
    startRelay({ database: place.database, outbox, bus: { publish }, logger: silentLogger, pollMs: 20 }),
  );
  await vi.waitFor(() => expect(published).toHaveLength(250), { timeout: 10_000 });
  expect(published).toEqual(Array.from({ length: 250 }, (_, n) => n));
  await Promise.all(relays.map((relay) => relay.stop()));
  expect(await waiting()).toBe(0);
});

it('carries an event from a transaction to exactly one effect, long before it would look by itself', async () => {
  const handled: string[] = [];
  const group = 'effects';
  const subscription = await bus.subscribe({
    group,
    types: ['user.roles_changed'],
    handler: (event) =>
      place.database.transaction(async (tx) => {
        await handleOnce(tx, processedEvent, { group, eventId: event.id }, async () => {
          await tx.execute(sql`insert into house.effect values (${event.id})`);
          handled.push(event.id);
        });
      }),
  });
  const relay = startRelay({ database: place.database, outbox, bus, logger: silentLogger, pollMs: 60_000 });
  const written: string[] = [];
  for (let n = 0; n < 20; n++) {
    written.push(await write(randomUUID(), n));
    await delay(15);
  }
  await vi.waitFor(() => expect(handled.toSorted()).toEqual(written.toSorted()), 10_000);
  await relay.stop();
  await subscription.stop();
});

describe('handleOnce', () => {
  it('lets one of 20 parallel deliveries act', async () => {
    const eventId = randomUUID();
    const ran = await Promise.all(
      Array.from({ length: 20 }, () =>
        place.database.transaction((tx) =>
          handleOnce(tx, processedEvent, { group: 'g', eventId }, async () => {}),
        ),
      ),
    );
    expect(ran.filter(Boolean)).toHaveLength(1);
    const again = await place.database.transaction((tx) =>
      handleOnce(tx, processedEvent, { group: 'other', eventId }, async () => {}),
    );
    expect(again).toBe(true);
  });

  it('forgets what it did when the effect fails', async () => {
    const key = { group: 'g', eventId: randomUUID() };
    const attempt = (fn: () => Promise<void>) =>
      place.database.transaction((tx) => handleOnce(tx, processedEvent, key, fn));
    await expect(attempt(() => Promise.reject(new Error('effect')))).rejects.toThrow('effect');
    expect(await attempt(async () => {})).toBe(true);
    expect(await attempt(async () => {})).toBe(false);
  });
});
