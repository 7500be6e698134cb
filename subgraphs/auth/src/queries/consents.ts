import { type Executor, keyset, type Page } from '@gatehouse/data';
import { and, eq, sql } from 'drizzle-orm';
import { type ConsentRow, consent } from '../tables/consent.ts';
import { oauthClient } from '../tables/oauth-client.ts';

type Key = { tenantId: string; userId: string; clientId: string };
/** A consent with the name of its application. */
export type NamedConsent = ConsentRow & { clientName: string };

/** By application, the newest first. */
export async function pageOfConsents(
  db: Executor,
  { tenantId, userId }: Pick<Key, 'tenantId' | 'userId'>,
  page: Page<string>,
): Promise<NamedConsent[]> {
  const keys = keyset(page, [consent.clientId], (id) => [id], 'desc');
  const rows = await db
    .select({ consent, clientName: oauthClient.name })
    .from(consent)
    .innerJoin(
      oauthClient,
      and(eq(oauthClient.tenantId, consent.tenantId), eq(oauthClient.id, consent.clientId)),
    )
    .where(and(eq(consent.tenantId, tenantId), eq(consent.userId, userId), keys.where))
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
  return rows.map(({ consent: row, clientName }) => ({ ...row, clientName }));
}

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

/** Forgets what a person has allowed a client, and answers it; of parallel calls one gets it. */
export async function deleteConsent(
  tx: Executor,
  { tenantId, userId, clientId }: Key,
): Promise<ConsentRow | undefined> {
  const [row] = await tx
    .delete(consent)
    .where(and(eq(consent.tenantId, tenantId), eq(consent.userId, userId), eq(consent.clientId, clientId)))
    .returning();
  return row;
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
