import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sweepBus } from '../src/bus/sweep.ts';
import { eventBusContract } from './contract/event-bus.ts';
import { roleEvent } from './contract/events.ts';
import { openPlace, type Place } from './harness.ts';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());

eventBusContract(
  'PostgreSQL',
  () => place.openBus(),
  async (group) => {
    const script = path.join(import.meta.dirname, 'crashing-consumer.ts');
    const child = spawn(process.execPath, [script, place.url, group], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
  },
);

it('buries an event whose consumer dies every time', async () => {
  const bus = await place.openBus();
  await (await bus.subscribe({ group: 'fatal', types: ['user.deleted'], handler: async () => {} })).stop();
  const data = { userId: randomUUID(), deletionReason: null, deletedBy: 'system', retentionPolicy: 'none' };
  await bus.publish([roleEvent(data.userId, 1, { type: 'user.deleted', data })]);
  await place.database.pool.query(
    "update platform.event_delivery set attempts = 3 where group_name = 'fatal'",
  );
  const handler = vi.fn(async () => {});
  const subscription = await bus.subscribe({
    group: 'fatal',
    types: ['user.deleted'],
    handler,
    maxAttempts: 3,
  });
  await vi.waitFor(async () => expect(await bus.deadLetters.count('fatal')).toBe(1), 5_000);
  expect(handler).not.toHaveBeenCalled();
  await subscription.stop();
  await bus.close();
});

it('goes on after the database cut its connections', async () => {
  const bus = await place.openBus();
  const handled: string[] = [];
  const subscription = await bus.subscribe({
    group: 'cut',
    types: ['user.roles_changed'],
    handler: async ({ id }) => void handled.push(id),
  });
  await place.database.pool
    .query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()')
    .catch(() => {});
  const event = roleEvent(randomUUID(), 1);
  await vi.waitFor(() => bus.publish([event]), 5_000);
  await vi.waitFor(() => expect(handled).toEqual([event.id]), { timeout: 5_000 });
  await subscription.stop();
  await bus.close();
});

it('reads each event of a backlog a few times, and not the whole backlog for each', async () => {
  const fresh = await openPlace();
  const bus = await fresh.openBus();
  const rowsRead = async () => {
    await fresh.database.pool.query('select pg_stat_force_next_flush()');
    const { rows } = await fresh.database.pool.query<{ read: string }>(
      `select idx_tup_fetch + seq_tup_read as read from pg_stat_all_tables
        where schemaname = 'platform' and relname = 'event_delivery'`,
    );
    return Number(rows[0]?.read);
  };
  const group = { group: 'backlog', types: ['user.roles_changed'] as const };
  await (await bus.subscribe({ ...group, handler: async () => {} })).stop();
  const backlog = 1_500;
  await bus.publish(Array.from({ length: backlog }, (_, n) => roleEvent(randomUUID(), n)));
  let handled = 0;
  const subscription = await bus.subscribe({ ...group, handler: async () => void handled++ });
  await vi.waitFor(() => expect(handled).toBe(backlog), { timeout: 20_000 });
  await subscription.stop();
  await bus.close();
  // Connections of the pool tell what they did a second later, or when they are asked again.
  await vi.waitFor(
    async () => {
      await Promise.all(Array.from({ length: 10 }, rowsRead));
      expect(await rowsRead()).toBeGreaterThan(backlog);
    },
    { timeout: 5_000 },
  );
  expect(await rowsRead()).toBeLessThan(backlog * 50);
  await fresh.close();
});

it('sweeps handled events after a day, and what nobody has asked for in a month', async () => {
  const { pool } = place.database;
  const bus = await place.openBus();
  await (
    await bus.subscribe({ group: 'kept', types: ['user.roles_changed'], handler: async () => {} })
  ).stop();
  await (
    await bus.subscribe({ group: 'history', types: ['user.roles_changed'], handler: async () => {} })
  ).stop();
  await pool.query('truncate platform.event cascade');
  const events = [1, 2, 3].map((n) => roleEvent(randomUUID(), n));
  await bus.publish(events);
  await pool.query("update platform.event set created_at = now() - interval '2 days' where id <> $1", [
    events[2]?.id,
  ]);
  await pool.query(
    "update platform.event_group set seen_at = now() - interval '31 days' where group_name <> 'kept'",
  );
  await pool.query(
    "delete from platform.event_delivery where group_name = 'kept' and position <> (select min(position) from platform.event_delivery)",
  );
  await sweepBus(place.database);
  const groups = await pool.query('select distinct group_name from platform.event_delivery');
  expect(groups.rows).toEqual([{ group_name: 'kept' }]);
  const left = await pool.query('select id from platform.event order by position');
  expect(left.rows.map((row) => row.id)).toEqual([events[0]?.id, events[2]?.id]);
  await bus.close();
});
