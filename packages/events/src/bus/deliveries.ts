import type { Database } from '@gatehouse/data';
import { inBatches } from './in-batches.ts';

export type Delivery = {
  id: string;
  attempts: number;
  lease: string;
  reason: string | null;
  envelope: unknown;
};
export type Group = { group: string; types: readonly string[] };

/**
 * Of the statement's transaction: it does not wait for the disk. What a crash of the server takes back of a claim, or of the note that an event
 * was handled, delivers it once more, which handlers have to bear anyway.
 */
const withoutWaiting = "set_config('synchronous_commit', 'off', true)";

/** A lease is of one claim only: the ids are there for the index. */
const finishText = `delete from platform.event_delivery d using ${withoutWaiting}
  where d.id = any($1::bigint[]) and d.lease = any($2::uuid[])`;

/**
 * The earliest waiting event of each subject, unless another consumer holds it. Waiting types of the same group that
 * this process does not know (an older release beside a newer one) are left to those who do. `offset 0` keeps the condition from becoming a join:
 * PostgreSQL's statistics of a queue are those of an empty one, and with them it reads the whole backlog for each candidate.
 */
const claimText = `with head as (
    select d.id from platform.event_delivery d
    where d.group_name = $1 and d.died_at is null and d.available_at <= clock_timestamp() and d.type = any($2::text[])
      and not exists (
        select from platform.event_delivery e
        where e.group_name = d.group_name and e.subject = d.subject and e.died_at is null
          and e.type = any($2::text[]) and e.position < d.position offset 0)
    order by d.position limit $3 for update of d skip locked)
  update platform.event_delivery d
  set attempts = attempts + 1, lease = gen_random_uuid(), available_at = ${later('$4')}
  from head, platform.event e, ${withoutWaiting} where d.id = head.id and e.position = d.position
  returning d.id, d.attempts, d.lease, d.reason, d.position, e.envelope`;

function later(milliseconds: string): string {
  return `clock_timestamp() + make_interval(secs => ${milliseconds}::float8 / 1000)`;
}

/** The statements of a consumer. All but `claim` act only while the lease is still theirs. */
export function deliveriesOf({ pool }: Database, { group, types }: Group) {
  const finish = inBatches<Delivery>(async (handled) => {
    await pool.query({
      name: 'deliveries_finish',
      text: finishText,
      values: [handled.map(({ id }) => id), handled.map(({ lease }) => lease)],
    });
  });

  return {
    async register(): Promise<void> {
      await pool.query(
        `insert into platform.event_group (group_name, type) select $1, unnest($2::text[])
          on conflict (type, group_name) do update set seen_at = now()`,
        [group, [...types].sort()],
      );
    },
    async claim(limit: number, leaseMs: number): Promise<Delivery[]> {
      const { rows } = await pool.query<Delivery & { position: string }>({
        name: 'delivery_claim',
        text: claimText,
        values: [group, types, limit, leaseMs],
      });
      return rows.sort((a, b) => Number(a.position) - Number(b.position));
    },
    async extend(held: readonly Delivery[], leaseMs: number): Promise<void> {
      await pool.query(
        `update platform.event_delivery set available_at = ${later('$2')} where lease = any($1::uuid[])`,
        [held.map((delivery) => delivery.lease), leaseMs],
      );
    },
    finish,
    async retry({ id, lease }: Delivery, reason: string, delayMs: number): Promise<void> {
      await pool.query(
        `update platform.event_delivery set lease = null, reason = $3, available_at = ${later('$4')}
          where id = $1 and lease = $2`,
        [id, lease, reason, delayMs],
      );
    },
    async bury({ id, lease }: Delivery, reason: string): Promise<void> {
      await pool.query(
        'update platform.event_delivery set lease = null, reason = $3, died_at = now() where id = $1 and lease = $2',
        [id, lease, reason],
      );
    },
    /** Gives back what was claimed and not handled, as if it had never been claimed. */
    async release(held: readonly Delivery[]): Promise<void> {
      await pool.query(
        `update platform.event_delivery set lease = null, attempts = attempts - 1, available_at = now()
          where lease = any($1::uuid[])`,
        [held.map((delivery) => delivery.lease)],
      );
    },
  };
}
