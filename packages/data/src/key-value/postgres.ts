import type { Database } from '../database.ts';
import { repeat } from '../repeat.ts';
import { assertKey, assertTtl, type KeyValue } from './key-value.ts';

const expiry = 'clock_timestamp() + make_interval(secs => $3::float8)';

/** Named, so that each connection plans them once. */
const statements = {
  get: 'select key, value from platform.key_value where key = any($1::text[]) and (expires_at is null or expires_at > clock_timestamp())',
  set: `insert into platform.key_value (key, value, expires_at) values ($1, $2, ${expiry})
    on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at`,
  setIfAbsent: `insert into platform.key_value as kv (key, value, expires_at) values ($1, $2, ${expiry})
    on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at
    where kv.expires_at <= clock_timestamp()`,
  take: 'delete from platform.key_value where key = $1 returning value, (expires_at is null or expires_at > clock_timestamp()) as live',
  delete: 'delete from platform.key_value where key = any($1::text[])',
  increment: `insert into platform.key_value as kv (key, value, expires_at) values ($1, $2, ${expiry})
    on conflict (key) do update set
      value = case when kv.expires_at <= clock_timestamp() then excluded.value else (kv.value::bigint + 1)::text end,
      expires_at = case when kv.expires_at <= clock_timestamp() then excluded.expires_at else kv.expires_at end
    returning value`,
  clean: `delete from platform.key_value where key in (
    select key from platform.key_value where expires_at <= clock_timestamp() limit 1000 for update skip locked)`,
};

type Row = { key: string; value: string; live: boolean };

/** The key-value port over the table `platform.key_value`; expired rows are cleaned every `cleanEveryMs` (60 s). */
export function openPostgresKeyValue(database: Database, options: { cleanEveryMs?: number } = {}): KeyValue {
  const run = (name: keyof typeof statements, values: unknown[] = []) =>
    database.pool.query<Row>({ name: `key_value_${name}`, text: statements[name], values });

  const cleaning = repeat(options.cleanEveryMs ?? 60_000, async () => {
    while ((await run('clean')).rowCount === 1000 && !cleaning.stopped);
  });

  async function getMany(keys: readonly string[]) {
    if (keys.length === 0) return [];
    const { rows } = await run('get', [keys.map(assertKey)]);
    const values = new Map(rows.map((row) => [row.key, row.value]));
    return keys.map((key) => values.get(key));
  }

  return {
    getMany,
    async get(key) {
      return (await getMany([key]))[0];
    },
    async set(key, value, { ttlSeconds } = {}) {
      await run('set', [assertKey(key), value, assertTtl(ttlSeconds)]);
    },
    async setIfAbsent(key, value, { ttlSeconds } = {}) {
      return (await run('setIfAbsent', [assertKey(key), value, assertTtl(ttlSeconds)])).rowCount === 1;
    },
    async take(key) {
      const row = (await run('take', [assertKey(key)])).rows[0];
      return row?.live ? row.value : undefined;
    },
    async delete(keys) {
      if (keys.length > 0) await run('delete', [keys.map(assertKey)]);
    },
    async increment(key, { ttlSeconds } = {}) {
      const { rows } = await run('increment', [assertKey(key), '1', assertTtl(ttlSeconds)]);
      return Number(rows[0]?.value);
    },
    async ping() {
      await database.pool.query('select 1');
    },
    close: () => cleaning.stop(),
  };
}
