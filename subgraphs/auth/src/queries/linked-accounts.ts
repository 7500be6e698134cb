import { type Executor, newId } from '@gatehouse/data';
import { and, asc, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { credential } from '../tables/credential.ts';
import { identityProvider } from '../tables/identity-provider.ts';
import { type LinkedAccount, linkedAccount } from '../tables/linked-account.ts';
import { mfaFactor } from '../tables/mfa-factor.ts';
import { passkey } from '../tables/passkey.ts';

type Whose = { tenantId: string; userId: string };
type At = { providerId: string; subject: string };

const at = ({ providerId, subject }: At) =>
  and(eq(linkedAccount.providerId, providerId), eq(linkedAccount.subject, subject));

/** Who is linked, or being made. */
export async function findLink(db: Executor, where: At): Promise<LinkedAccount | undefined> {
  const [row] = await db.select().from(linkedAccount).where(at(where));
  return row;
}

/** Oldest first. */
export const findLinkedAccounts = (db: Executor, { tenantId, userId }: Whose): Promise<LinkedAccount[]> =>
  db
    .select()
    .from(linkedAccount)
    .where(
      and(
        eq(linkedAccount.tenantId, tenantId),
        eq(linkedAccount.userId, userId),
        isNotNull(linkedAccount.linkedAt),
      ),
    )
    .orderBy(asc(linkedAccount.id));

/** Keeps a place for somebody who is to get an account, or finds the one kept before: whoever comes first gives it its id. */
export async function reserveLink(
  db: Executor,
  values: { tenantId: string; account: string | null } & At,
): Promise<LinkedAccount> {
  const [row] = await db
    .insert(linkedAccount)
    .values({ ...values, userId: newId() })
    .onConflictDoUpdate({
      target: [linkedAccount.providerId, linkedAccount.subject],
      set: { subject: values.subject },
    })
    .returning();
  if (!row) throw new Error('the place was not kept');
  return row;
}

/** Gives up a place that came to nothing; `olderThan` leaves those alone whose account is being made right now. */
export async function dropReservation(
  db: Executor,
  link: LinkedAccount,
  olderThanSeconds = 0,
): Promise<void> {
  const aged = sql`now() - make_interval(secs => ${olderThanSeconds})`;
  await db
    .delete(linkedAccount)
    .where(
      and(
        eq(linkedAccount.id, link.id),
        isNull(linkedAccount.linkedAt),
        olderThanSeconds > 0 ? lt(linkedAccount.createdAt, aged) : undefined,
      ),
    );
}

/** Links; undefined when the account there is linked already, to whomever. */
export async function insertLink(
  tx: Executor,
  values: Whose & { account: string | null } & At,
): Promise<LinkedAccount | undefined> {
  const [row] = await tx
    .insert(linkedAccount)
    .values({ ...values, linkedAt: sql`now()` })
    .onConflictDoNothing()
    .returning();
  return row;
}

/** Notes a sign-in by a link; `isNew` when it is the first. Undefined when the link is gone, or somebody else's. */
export async function useLink(
  tx: Executor,
  where: At & { userId: string; account: string | null },
): Promise<{ isNew: boolean } | undefined> {
  const before = await tx
    .select({ linkedAt: linkedAccount.linkedAt })
    .from(linkedAccount)
    .where(and(at(where), eq(linkedAccount.userId, where.userId)))
    .for('update');
  const [row] = before;
  if (!row) return undefined;
  await tx
    .update(linkedAccount)
    .set({
      linkedAt: sql`coalesce(${linkedAccount.linkedAt}, now())`,
      lastUsedAt: sql`now()`,
      account: where.account,
    })
    .where(at(where));
  return { isNew: row.linkedAt === null };
}

export async function deleteLink(
  tx: Executor,
  { tenantId, userId }: Whose,
  id: string,
): Promise<LinkedAccount | undefined> {
  const [row] = await tx
    .delete(linkedAccount)
    .where(
      and(
        eq(linkedAccount.id, id),
        eq(linkedAccount.tenantId, tenantId),
        eq(linkedAccount.userId, userId),
        isNotNull(linkedAccount.linkedAt),
      ),
    )
    .returning();
  return row;
}

export async function deleteLinksOfUser(tx: Executor, userId: string): Promise<void> {
  await tx.delete(linkedAccount).where(eq(linkedAccount.userId, userId));
}

/** Whether somebody can sign in: with a password where those are taken, a passkey, or by a provider that is enabled. */
export async function hasWayIn(
  tx: Executor,
  { tenantId, userId }: Whose,
  { passwordSignIn }: { passwordSignIn: boolean },
): Promise<boolean> {
  const { rows } = await tx.execute<{ found: boolean }>(sql`
    select exists (select from ${credential} c
        where ${passwordSignIn} and c.tenant_id = ${tenantId} and c.user_id = ${userId} and c.password_hash is not null)
      or exists (select from ${passkey} k join ${mfaFactor} f on f.id = k.factor_id
        where k.user_id = ${userId} and f.confirmed_at is not null)
      or exists (select from ${linkedAccount} l join ${identityProvider} p on p.id = l.provider_id
        where l.user_id = ${userId} and l.linked_at is not null and p.enabled) as found`);
  return rows[0]?.found === true;
}

/** How many people have no way in but this provider. */
export async function countStranded(
  tx: Executor,
  providerId: string,
  { passwordSignIn }: { passwordSignIn: boolean },
): Promise<number> {
  const { rows } = await tx.execute<{ n: number }>(sql`
    select count(distinct l.user_id)::int as n from ${linkedAccount} l
    where l.provider_id = ${providerId} and l.linked_at is not null
      and not exists (select from ${credential} c where ${passwordSignIn} and c.user_id = l.user_id and c.password_hash is not null)
      and not exists (select from ${passkey} k join ${mfaFactor} f on f.id = k.factor_id
        where k.user_id = l.user_id and f.confirmed_at is not null)
      and not exists (select from ${linkedAccount} o join ${identityProvider} p on p.id = o.provider_id
        where o.user_id = l.user_id and o.linked_at is not null and o.provider_id <> l.provider_id and p.enabled)`);
  return rows[0]?.n ?? 0;
}
