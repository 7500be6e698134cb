import type { Metrics } from '@gatehouse/service-kit';
import type { Replica } from './replica.ts';

/** Why it was the primary: no replica near enough, the caller's own write, an error of the replica, or something missing there. */
export type PrimaryReason = 'no_replica' | 'own_write' | 'failed' | 'incomplete';

/** Has told how old replicas are. Answers what counts a read by who answered it. */
export function measureReplicas(
  metrics: Metrics,
  { schema, replicas }: { schema: string; replicas: readonly Replica[] },
): { count: (server: string, reason?: PrimaryReason) => void; stop(): void } {
  const reads = metrics.counter({
    name: 'gatehouse_database_reads_total',
    help: 'Reads that a replica may answer, by the server that did, and why it was the primary.',
    labels: ['pool', 'server', 'reason'],
  });
  const stop = metrics.observe(
    {
      age: {
        name: 'gatehouse_database_replica_age_seconds',
        type: 'gauge',
        over: 'max',
        help: 'How old, at most, what a replica answers is; not told of one that is lost.',
        labels: ['pool', 'server'],
      },
      near: {
        name: 'gatehouse_database_replica_in_use',
        type: 'gauge',
        over: 'min',
        help: 'Whether a replica is near enough to be read from: 1, or 0.',
        labels: ['pool', 'server'],
      },
    },
    () => ({
      age: replicas.flatMap((replica) => {
        const value = replica.ageSeconds();
        return value === undefined ? [] : [{ value, labels: { pool: schema, server: replica.name } }];
      }),
      near: replicas.map((replica) => ({
        value: replica.isNear() ? 1 : 0,
        labels: { pool: schema, server: replica.name },
      })),
    }),
  );
  return {
    count: (server, reason) => reads({ pool: schema, server, reason: reason ?? '' }).add(),
    stop,
  };
}
