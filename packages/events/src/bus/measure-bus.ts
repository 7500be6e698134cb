import type { Database } from '@gatehouse/data';
import type { Metrics } from '@gatehouse/service-kit';
import { countedUpTo } from '../measure-outbox.ts';

/** Events of a consumer group that this process has handled. */
export const deliveriesDefinition = {
  name: 'gatehouse_event_deliveries_total',
  help: 'Deliveries of events to a consumer group: handled, tried again later, or moved to the dead letters.',
  labels: ['group', 'outcome'],
} as const;

const text = `select g.name as "group",
    (select count(*)::int from (select from platform.event_delivery d
      where d.group_name = g.name and d.died_at is null limit ${countedUpTo}) waiting) as waiting,
    coalesce((select extract(epoch from clock_timestamp() - e.created_at)
      from platform.event_delivery d join platform.event e using (position)
      where d.group_name = g.name and d.died_at is null order by d.position limit 1), 0)::float8 as age,
    (select count(*)::int from (select from platform.event_delivery d
      where d.group_name = g.name and d.died_at is not null limit ${countedUpTo}) dead) as dead
  from unnest($1::text[]) as g (name)`;

/** What a bus has for a group outside of the database. */
export type Unread = { messages: number; oldestSeconds: number };

type Row = { group: string; waiting: number; age: number; dead: number };

/** Has told what waits for the consumer groups of this process. */
export function measureBus(
  metrics: Metrics,
  { pool }: Database,
  groupsOf: () => string[],
  unreadOf: (group: string) => Promise<Unread> = async () => ({ messages: 0, oldestSeconds: 0 }),
): () => void {
  const gauge = { type: 'gauge', over: 'max', labels: ['group'] } as const;
  return metrics.observe(
    {
      waiting: {
        ...gauge,
        name: 'gatehouse_event_deliveries_waiting',
        help: `Events that a consumer group has yet to handle, counted up to ${countedUpTo}.`,
      },
      age: {
        ...gauge,
        name: 'gatehouse_event_lag_seconds',
        help: 'How long ago the first event that a consumer group has yet to handle was published; 0 when none waits.',
      },
      dead: {
        ...gauge,
        name: 'gatehouse_event_dead_letters',
        help: `Events that a consumer group could not handle, counted up to ${countedUpTo}.`,
      },
    },
    async () => {
      const { rows } = await pool.query<Row>({ name: 'event_bus_measure', text, values: [groupsOf()] });
      await Promise.all(
        rows.map(async (row) => {
          const unread = await unreadOf(row.group);
          row.waiting += unread.messages;
          row.age = Math.max(row.age, unread.oldestSeconds);
        }),
      );
      const of = (value: (row: Row) => number) =>
        rows.map((row) => ({ value: Math.max(0, value(row)), labels: { group: row.group } }));
      return { waiting: of((row) => row.waiting), age: of((row) => row.age), dead: of((row) => row.dead) };
    },
  );
}
