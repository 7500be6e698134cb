import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { outbox, users } from './tables/index.ts';

/**
 * PENDING to ACTIVE once the mailed code was used; nothing for whoever is past that. Somebody disabled in the meantime
 * stays so, but the address counts as confirmed.
 */
export async function completeRegistration(tx: Tx, userId: string): Promise<void> {
  const [user] = await tx
    .update(users)
    .set({
      status: sql`case when ${users.status} = 'PENDING' then 'ACTIVE' else ${users.status} end`,
      activatedAt: new Date(),
      emailConfirmedAt: new Date(),
    })
    .where(
      and(eq(users.id, userId), inArray(users.status, ['PENDING', 'DISABLED']), isNull(users.activatedAt)),
    )
    .returning();
  if (user?.status !== 'ACTIVE') return;
  await writeEvent(tx, outbox, {
    type: 'user.activated',
    tenantId: user.tenantId,
    subject: userId,
    data: { userId, activatedBy: userId, activationMethod: 'email' },
  });
}
