import type { Database } from '@gatehouse/data';

/** What a group has not handled yet, dead letters apart. */
export type GroupBacklog = {
  group: string;
  /** Null while the bus that knows it is lost. */
  waiting: number | null;
  /** Seconds since the oldest of them was published; 0 when nothing waits. */
  oldestSeconds: number;
  deadLetters: number;
};

/** What PostgreSQL's queue has for a group. */
export async function readBacklog(
  { pool }: Database,
  group: string,
): Promise<GroupBacklog & { waiting: number }> {
  const { rows } = await pool.query<{ waiting: number; oldest: number | null; dead: number }>(
    `select count(*) filter (where d.died_at is null)::int as waiting,
        count(*) filter (where d.died_at is not null)::int as dead,
        extract(epoch from clock_timestamp() - min(e.created_at) filter (where d.died_at is null))::float8 as oldest
      from platform.event_delivery d join platform.event e using (position) where d.group_name = $1`,
    [group],
  );
  const { waiting = 0, oldest = null, dead = 0 } = rows[0] ?? {};
  return { group, waiting, oldestSeconds: Math.max(0, oldest ?? 0), deadLetters: dead };
}
