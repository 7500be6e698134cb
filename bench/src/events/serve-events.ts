import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { migratePlatform, openDatabase, openPostgresPubSub } from '@gatehouse/data';
import {
  handleOnce,
  migrateEventBus,
  openPostgresEventBus,
  outboxTable,
  processedEventTable,
  startRelay,
  writeEvent,
} from '@gatehouse/events';
import { openKafkaEventBus } from '@gatehouse/events/kafka';
import { createLogger } from '@gatehouse/service-kit';
import { pgSchema } from 'drizzle-orm/pg-core';

/** What this process is asked to do, and what it answers. */
export type EventsOrder =
  | { do: 'steady'; rate: number; seconds: number }
  /** Writes events that wait: at once, or as they come at this rate. */
  | { do: 'fill'; events: number; rate?: number }
  | { do: 'drain' };
export type Steady = { events: number; p50: number; p99: number };
export type Drained = { events: number; milliseconds: number };

/*
 * One subgraph's part in events, as the product has it: an outbox, its relay, the bus, and a consumer whose handler keeps what it
 * has handled in the same transaction. Writer and consumer are one process, so that one clock tells the time between them.
 */
const { BENCH_DATABASE_URL: url = '', BENCH_KAFKA_BROKERS: broker } = process.env;
const users = Array.from({ length: 1_000 }, () => randomUUID());
const tenantId = randomUUID();
const logger = createLogger({ name: 'bench', level: 'silent' });
const schema = pgSchema('bench');
const outbox = outboxTable(schema);
const processedEvent = processedEventTable(schema);
const open = (name: string) => openDatabase({ url, schema: name, poolSize: 10, applicationName: name });
const platform = open('platform');
const database = open('bench');
await migratePlatform(platform);
await migrateEventBus(platform);
await database.pool.query(`create schema bench;
  create table bench.outbox (position bigserial primary key, id uuid not null unique, type text not null,
    tenant_id uuid not null, subject text not null, data jsonb not null, traceparent text,
    created_at timestamptz(3) not null default now());
  create table bench.processed_event (group_name text, event_id text, processed_at timestamptz(3) not null default now(),
    primary key (group_name, event_id));
  create index on bench.processed_event (processed_at)`);

const common = { database: platform, pubSub: openPostgresPubSub({ url, logger }), logger };
const kafka = broker ? openKafkaEventBus({ ...common, settings: { brokers: [broker] } }) : undefined;
const bus = kafka ?? openPostgresEventBus(common);
await kafka?.ready();
const handledAt = new Map<string, number>();
let handled = 0;
const group = 'bench';
await bus.subscribe({
  group,
  types: ['user.roles_changed'],
  async handler(event) {
    const at = performance.now();
    await database.transaction((tx) =>
      handleOnce(tx, processedEvent, { group, eventId: event.id }, async () => {
        handledAt.set(event.id, at);
      }),
    );
    handled++;
  },
});
await kafka?.joined(group);
const relayOf = () => startRelay({ database, outbox, bus, logger });
let relay = relayOf();
let written = 0;

/** Writes one event, in a transaction of its own, and answers its id and the time of the commit. */
async function write(): Promise<{ id: string; committedAt: number }> {
  const userId = users[written++ % users.length] ?? '';
  const id = await database.transaction((tx) => writeEvent(tx, outbox, roleChange(userId)));
  return { id, committedAt: performance.now() };
}

const roleChange = (userId: string) => ({
  type: 'user.roles_changed' as const,
  tenantId,
  subject: userId,
  data: { userId, added: ['editor'], removed: [], changedBy: 'system' as const },
});

/** Each falls due at its time, whatever became of those before. */
async function atRate<T>(rate: number, events: number, work: () => Promise<T>): Promise<T[]> {
  const began = performance.now();
  const running: Promise<T>[] = [];
  while (running.length < events) {
    const due = began + (running.length * 1_000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await setTimeout(wait);
    else running.push(work());
  }
  return await Promise.all(running);
}

async function untilHandled(events: number): Promise<void> {
  while (handled < events) await setTimeout(2);
}

async function steady({ rate, seconds }: { rate: number; seconds: number }): Promise<Steady> {
  const events = await atRate(rate, rate * seconds, write);
  await untilHandled(written);
  const latencies = events.map(({ id, committedAt }) => (handledAt.get(id) ?? Infinity) - committedAt);
  latencies.sort((a, b) => a - b);
  handledAt.clear();
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { events: events.length, p50: Math.max(0, at(0.5)), p99: at(0.99) };
}

const perTransaction = 100;

/** Without Kafka nothing leaves the outbox; the relay over PostgreSQL has to be held back for that. */
async function fill({ events, rate }: { events: number; rate?: number }): Promise<number> {
  if (!kafka) await relay.stop();
  if (rate) return (await atRate(rate, events, write)).length;
  for (let left = events; left > 0; left -= perTransaction) {
    await database.transaction(async (tx) => {
      for (let n = 0; n < Math.min(left, perTransaction); n++)
        await writeEvent(tx, outbox, roleChange(users[written++ % users.length] ?? ''));
    });
  }
  return events;
}

async function drain(): Promise<Drained> {
  const [before, began] = [handled, performance.now()];
  if (!kafka) relay = relayOf();
  await untilHandled(written);
  handledAt.clear();
  return { events: handled - before, milliseconds: performance.now() - began };
}

const answer = (order: EventsOrder) => {
  if (order.do === 'steady') return steady(order);
  return order.do === 'fill' ? fill(order) : drain();
};

process.on('message', (order: EventsOrder) => {
  answer(order).then(
    (measured) => process.send?.({ measured }),
    (error: Error) => process.send?.({ problem: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ pid: process.pid });
