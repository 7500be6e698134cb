import type { Executor } from '@gatehouse/data';
import { eq, sql } from 'drizzle-orm';
import { type RiskPolicyRow, riskPolicy } from '../tables/risk-policy.ts';
import { statement } from './statement.ts';

/**
 * Everything that a sign-in is judged by, at once: the account's last 50 places (newest first, times in milliseconds), the
 * tenant's policy, what failed from the network. $1 tenant, $2 user, $3 network, $4 window in seconds, $5 hash of the
 * device's token.
 */
export const findSignInHistory = statement<{
  places: { network: string; device: string; ip_address: string; last_seen_at: number }[];
  policy: Pick<RiskPolicyRow, 'askFrom' | 'refuseFrom' | 'weights'> | null;
  network_failures: number;
  remembered: boolean;
}>(
  'sign_in_history',
  `select
     (select coalesce(jsonb_agg(jsonb_build_object('network', network, 'device', device, 'ip_address', ip_address,
          'last_seen_at', extract(epoch from last_seen_at) * 1000) order by last_seen_at desc), '[]')
        from (select * from auth.sign_in_place where user_id = $2::uuid and tenant_id = $1::uuid
          order by last_seen_at desc limit 50) as newest) as places,
     (select jsonb_build_object('askFrom', ask_from, 'refuseFrom', refuse_from, 'weights', weights)
        from auth.risk_policy where tenant_id = $1::uuid) as policy,
     coalesce((select failures from auth.network_guard where tenant_id = $1::uuid and network = $3
        and since > now() - make_interval(secs => $4::float8)), 0) as network_failures,
     exists (select from auth.remembered_device where tenant_id = $1::uuid and user_id = $2::uuid and token_hash = $5
        and expires_at > now()) as remembered`,
);

export async function findRiskPolicy(db: Executor, tenantId: string): Promise<RiskPolicyRow | undefined> {
  const [row] = await db.select().from(riskPolicy).where(eq(riskPolicy.tenantId, tenantId));
  return row;
}

/** Puts those in line that change the policy of a tenant, until the end of the transaction. */
export async function lockRiskPolicy(tx: Executor, tenantId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`risk policy ${tenantId}`}, 0))`);
}

export async function putRiskPolicy(tx: Executor, row: Omit<RiskPolicyRow, 'updatedAt'>): Promise<void> {
  const { askFrom, refuseFrom, weights } = row;
  await tx
    .insert(riskPolicy)
    .values(row)
    .onConflictDoUpdate({
      target: riskPolicy.tenantId,
      set: { askFrom, refuseFrom, weights, updatedAt: sql`now()` },
    });
}
