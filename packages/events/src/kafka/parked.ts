import type { Database } from '@gatehouse/data';

/** An event that a group could not handle at once; with `diedAt` one that it never will. */
export type ParkedEvent = {
  /** By which it is known; an event that is parked already is left as it is. */
  id: string;
  envelope: unknown;
  type: string;
  subject: string;
  attempts: number;
  reason: string | null;
  delayMs: number;
  isDead: boolean;
};

const parkText = `with parked as (
    insert into platform.event (id, envelope) values ($1, $2::jsonb)
    on conflict (id) do update set id = excluded.id returning position)
  insert into platform.event_delivery (group_name, position, type, subject, attempts, reason, available_at, died_at)
  select $3, position, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8::float8 / 1000),
    case when $9::boolean then now() end from parked
  on conflict (group_name, position) do nothing`;

/**
 * The queue of PostgreSQL, in which a group's failed events wait for their next try, and those of the same subject behind them, so that
 * Kafka's partitions go on.
 */
export function parkedEvents({ pool }: Database, group: string) {
  return {
    async park(event: ParkedEvent): Promise<void> {
      await pool.query({
        name: 'event_park',
        text: parkText,
        values: [
          event.id,
          JSON.stringify(event.envelope),
          group,
          event.type,
          event.subject,
          event.attempts,
          event.reason,
          event.delayMs,
          event.isDead,
        ],
      });
    },
    /** Subjects of which something waits; of all, or of one. */
    async subjects(subject?: string): Promise<string[]> {
      const { rows } = await pool.query<{ subject: string }>(
        `select distinct subject from platform.event_delivery
          where group_name = $1 and died_at is null and ($2::text is null or subject = $2)`,
        [group, subject ?? null],
      );
      return rows.map((row) => row.subject);
    },
  };
}
