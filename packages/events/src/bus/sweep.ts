import type { Database } from '@gatehouse/data';

const batch = 1_000;

const statements = [
  // A pair of group and type that no release has asked for in a month is history, and what waits for it too.
  `delete from platform.event_group where seen_at < now() - interval '30 days'`,
  `delete from platform.event_delivery where id in (
    select d.id from platform.event_delivery d
    left join platform.event_group g on g.group_name = d.group_name and g.type = d.type
    where g.type is null and d.died_at is null limit ${batch} for update of d skip locked)`,
  // Handled events are kept for a day: a relay that crashed may publish them again, and they are left out by their id.
  `delete from platform.event where position in (
    select e.position from platform.event e
    where e.created_at < now() - interval '1 day'
      and not exists (select from platform.event_delivery d where d.position = e.position)
    limit ${batch} for update skip locked)`,
];

/** Removes what nobody waits for any more, in batches that lock little. */
export async function sweepBus({ pool }: Database): Promise<void> {
  for (const text of statements) {
    while (((await pool.query(text)).rowCount ?? 0) >= batch);
  }
}
