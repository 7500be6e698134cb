import type { Database } from '@gatehouse/data';
import type { Metrics } from '@gatehouse/service-kit';
import { sql } from 'drizzle-orm';
import type { OutboxTable } from './outbox-tables.ts';

/** What lies there is counted up to this: counting a million rows is no help to a database in trouble. */
export const countedUpTo = 10_000;

const labels = ['outbox'];

/** Has told what waits in an outbox. Every process that has the table sees the same. */
export function measureOutbox(metrics: Metrics, database: Database, outbox: OutboxTable): () => void {
  const own = { outbox: database.schema };
  return metrics.observe(
    {
      depth: {
        name: 'gatehouse_outbox_events',
        type: 'gauge',
        over: 'max',
        help: `Events that wait in an outbox to be published, counted up to ${countedUpTo}.`,
        labels,
      },
      age: {
        name: 'gatehouse_outbox_oldest_seconds',
        type: 'gauge',
        over: 'max',
        help: 'How long the first event in an outbox has waited to be published; 0 when none waits.',
        labels,
      },
    },
    async () => {
      const { rows } = await database.db.execute<{ depth: number; age: number }>(sql`
        select (select count(*)::int from (select from ${outbox} limit ${countedUpTo}) waiting) as depth,
          coalesce((select extract(epoch from clock_timestamp() - created_at) from ${outbox}
            order by position limit 1), 0)::float8 as age`);
      const { depth = 0, age = 0 } = rows[0] ?? {};
      return { depth: [{ value: depth, labels: own }], age: [{ value: Math.max(0, age), labels: own }] };
    },
  );
}
