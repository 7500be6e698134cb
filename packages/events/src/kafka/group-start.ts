import type { Database } from '@gatehouse/data';
import type { Admin, Consumer } from '@platformatic/kafka';
import { sql } from 'drizzle-orm';

/**
 * Where a group begins that Kafka does not know: with what was published since it subscribed, or, when PostgreSQL has heard of it before (its
 * offsets expired, or the bus was another), with all there is. One process at a time decides it.
 */
export async function beginGroup(
  consumer: Consumer,
  options: { admin: Admin; database: Database; group: string; topics: readonly string[]; since: number },
): Promise<void> {
  const { admin, database, group, topics, since } = options;
  await database.transaction(async (tx) => {
    await tx.execute(
      sql`select pg_advisory_xact_lock(hashtextextended(${`event group ${consumer.groupId}`}, 0))`,
    );
    const { topics: found } = await consumer.metadata({ topics: [...topics], forceUpdate: true });
    const partitions = new Map([...found].map(([topic, { partitionsCount }]) => [topic, partitionsCount]));
    const committed = await consumer.listCommittedOffsets({
      topics: [...partitions].map(([topic, count]) => ({
        topic,
        partitions: Array.from({ length: count }, (_, partition) => partition),
      })),
    });
    const unknown = [...partitions.keys()].filter((topic) =>
      (committed.get(topic) ?? []).every((at) => at < 0n),
    );
    if (unknown.length === 0) return;
    const { rows } = await tx.execute(
      sql`select exists (select from platform.event_group where group_name = ${group}) as known`,
    );
    const latest = await consumer.listOffsets({ topics: unknown });
    const recent = rows[0]?.known
      ? await consumer.listOffsets({ topics: unknown, timestamp: -2n })
      : await consumer.listOffsets({ topics: unknown, timestamp: BigInt(since) });
    await admin.alterConsumerGroupOffsets({
      groupId: consumer.groupId,
      topics: unknown.map((name) => ({
        name,
        partitionOffsets: (latest.get(name) ?? []).map((end, partition) => {
          const start = recent.get(name)?.[partition] ?? -1n;
          return { partition, offset: start < 0n ? end : start };
        }),
      })),
    });
  });
}
