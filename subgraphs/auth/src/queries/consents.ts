import type { Executor } from '@gatehouse/data';
import { and, eq, sql } from 'drizzle-orm';
import { consent } from '../tables/consent.ts';

type Key = { tenantId: string; userId: string; clientId: string };

/** The scopes that a person has allowed a client; none when they were never asked. */
export async function findConsentedScopes(db: Executor, key: Key): Promise<string[]> {
  const [row] = await db
    .select({ scopes: consent.scopes })
    .from(consent)
    .where(
      and(
        eq(consent.tenantId, key.tenantId),
        eq(consent.userId, key.userId),
        eq(consent.clientId, key.clientId),
      ),
    );
  return row?.scopes ?? [];
}

/** Adds scopes to what was allowed before. */
export async function addConsent(tx: Executor, key: Key, scopes: string[]): Promise<void> {
  await tx
    .insert(consent)
    .values({ ...key, scopes })
    .onConflictDoUpdate({
      target: [consent.tenantId, consent.userId, consent.clientId],
      set: {
        scopes: sql`array(select distinct unnest(${consent.scopes} || excluded.scopes) order by 1)`,
        updatedAt: sql`now()`,
      },
    });
}

export async function deleteConsentsOfClient(
  tx: Executor,
  tenantId: string,
  clientId: string,
): Promise<void> {
  await tx.delete(consent).where(and(eq(consent.tenantId, tenantId), eq(consent.clientId, clientId)));
}

export async function deleteConsentsOfUser(tx: Executor, tenantId: string, userId: string): Promise<void> {
  await tx.delete(consent).where(and(eq(consent.tenantId, tenantId), eq(consent.userId, userId)));
}
