import type { Executor } from '@gatehouse/data';
import { sql } from 'drizzle-orm';
import { statement } from './statement.ts';

/**
 * Counts something that failed for the networks it came from. $1 tenant, $2 networks, $3 the account that was tried, $4 length
 * of the window in seconds, $5 how many accounts are told apart.
 */
export const countNetworkFailure = statement<{ network: string; failures: number; accounts: number }>(
  'network_guard_count',
  `insert into auth.network_guard as g (tenant_id, network, failures, accounts)
   select $1::uuid, network, 1, array[$3] from unnest($2::text[]) as network
   on conflict (tenant_id, network) do update set
     failures = case when g.since > now() - make_interval(secs => $4::float8) then g.failures + 1 else 1 end,
     accounts = case when g.since <= now() - make_interval(secs => $4::float8) then excluded.accounts
       when $3 = any(g.accounts) or cardinality(g.accounts) >= $5::int then g.accounts
       else g.accounts || excluded.accounts end,
     since = case when g.since > now() - make_interval(secs => $4::float8) then g.since else now() end
   returning network, failures, cardinality(accounts) as accounts`,
);

/**
 * Begins a block: counting starts anew. Answers which in a row it is; no row while one is in force, as for what was under way
 * when it began. $1 tenant, $2 network, $3 seconds after which it is the first again.
 */
export const beginBlock = statement<{ blocks: number }>(
  'network_guard_block',
  `update auth.network_guard set failures = 0, accounts = '{}', since = now(), last_blocked_at = now(),
     blocks = case when last_blocked_at > now() - make_interval(secs => $3::float8) then blocks + 1 else 1 end
   where tenant_id = $1::uuid and network = $2 and not exists (select from auth.blocked_address b
     where b.tenant_id = $1::uuid and b.range = $2 and (b.expires_at is null or b.expires_at > now()))
   returning blocks`,
);

/** Forgets networks from which nothing has come for so long. */
export async function deleteQuietNetworks(db: Executor, seconds: number): Promise<void> {
  await db.execute(
    sql`delete from auth.network_guard
        where greatest(since, last_blocked_at) < now() - make_interval(secs => ${seconds})`,
  );
}
