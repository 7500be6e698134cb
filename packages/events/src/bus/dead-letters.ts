import type { Database } from '@gatehouse/data';
import type { DeadLetter, DeadLetters } from './event-bus.ts';

/** Dead letters are deliveries with `died_at`; `onReplay` is told the groups that have work again. */
export function postgresDeadLetters(
  { pool }: Database,
  onReplay: (groups: string[]) => Promise<void>,
): DeadLetters {
  return {
    async list({ group, after = '0', limit = 100 } = {}) {
      const { rows } = await pool.query<DeadLetter>(
        `select d.id::text, d.group_name as "group", d.reason, d.attempts, d.died_at as "diedAt", e.envelope as event
          from platform.event_delivery d join platform.event e using (position)
          where d.died_at is not null and ($1::text is null or d.group_name = $1) and d.id > $2::bigint
          order by d.id limit $3`,
        [group ?? null, after, limit],
      );
      return rows;
    },
    async count(group) {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::int as count from platform.event_delivery
          where died_at is not null and ($1::text is null or group_name = $1)`,
        [group ?? null],
      );
      return rows[0]?.count ?? 0;
    },
    async replay(which) {
      const { rows } = await pool.query<{ group: string }>(
        `update platform.event_delivery
          set died_at = null, lease = null, attempts = 0, reason = null, available_at = now()
          where died_at is not null and ($1::bigint[] is null or id = any($1)) returning group_name as "group"`,
        [which === 'all' ? null : which],
      );
      if (rows.length > 0) await onReplay([...new Set(rows.map((row) => row.group))]);
      return rows.length;
    },
  };
}
