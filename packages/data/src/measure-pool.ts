import type { Metrics } from '@gatehouse/service-kit';
import type { Database } from './database.ts';

/** Has the connections of a pool told, by its schema. */
export function measurePool(metrics: Metrics, { pool, schema }: Pick<Database, 'pool' | 'schema'>): void {
  metrics.observe(
    {
      connections: {
        name: 'gatehouse_database_connections',
        type: 'gauge',
        help: 'Connections of a pool: in use, or idle.',
        labels: ['pool', 'state'],
      },
      waiting: {
        name: 'gatehouse_database_waiting_requests',
        type: 'gauge',
        help: 'Requests that wait for a connection of a pool.',
        labels: ['pool'],
      },
      size: {
        name: 'gatehouse_database_pool_size',
        type: 'gauge',
        help: 'Connections that a pool may have.',
        labels: ['pool'],
      },
    },
    () => ({
      connections: [
        { value: pool.totalCount - pool.idleCount, labels: { pool: schema, state: 'used' } },
        { value: pool.idleCount, labels: { pool: schema, state: 'idle' } },
      ],
      waiting: [{ value: pool.waitingCount, labels: { pool: schema } }],
      size: [{ value: pool.options.max, labels: { pool: schema } }],
    }),
  );
}
