import type { Database, Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { and, eq, isNull, lte, ne } from 'drizzle-orm';
import { outbox, tenantDomains, tenants, users } from './tables/index.ts';

const batch = 200;

/**
 * Erases deleted tenants whose retention has ended, in small transactions: their people are deleted, to be erased like any
 * others, then their hosts become free. Several processes may run it at once. Answers how many were finished.
 */
export async function eraseTenants(database: Database): Promise<number> {
  let erased = 0;
  for (;;) {
    const done = await database.transaction(eraseSome);
    if (done === null) return erased;
    if (done) erased += 1;
  }
}

/** Whether a tenant was finished; null when there is none to erase. */
async function eraseSome(tx: Tx): Promise<boolean | null> {
  const [tenant] = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(eq(tenants.status, 'DELETED'), lte(tenants.eraseAt, new Date()), isNull(tenants.erasedAt)))
    .limit(1)
    .for('no key update', { skipLocked: true });
  if (!tenant) return null;
  const { id: tenantId } = tenant;
  if (await deleteSomeUsers(tx, tenantId)) return false;

  await tx.delete(tenantDomains).where(eq(tenantDomains.tenantId, tenantId));
  await tx
    .update(tenants)
    .set({
      slug: tenantId,
      name: 'erased',
      statusReason: null,
      primaryColor: null,
      backgroundColor: null,
      logoUrl: null,
      supportUrl: null,
      senderName: null,
      senderAddress: null,
      eraseAt: null,
      erasedAt: new Date(),
    })
    .where(eq(tenants.id, tenantId));
  await writeEvent(tx, outbox, { type: 'tenant.erased', tenantId, subject: tenantId, data: {} });
  return true;
}

/** Deletes a batch of the people who are left, as an administrator would, due at once. False when nobody was. */
async function deleteSomeUsers(tx: Tx, tenantId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.tenantId, tenantId), ne(users.status, 'DELETED')))
    .limit(batch)
    .for('update');
  const now = new Date();
  for (const { id: userId } of rows) {
    await tx
      .update(users)
      .set({ status: 'DELETED', statusReason: null, deletedAt: now, eraseAt: now })
      .where(eq(users.id, userId));
    await writeEvent(tx, outbox, {
      type: 'user.deleted',
      tenantId,
      subject: userId,
      data: { userId, deletionReason: null, deletedBy: 'system', retentionPolicy: 'P0D' },
    });
  }
  return rows.length > 0;
}
