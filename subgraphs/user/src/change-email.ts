import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { emailField, idField } from './fields.ts';
import { lockUser, updateUser } from './queries/users.ts';
import { outbox } from './tables/index.ts';

const inputShape = z.object({
  userId: idField,
  tenantId: idField,
  email: emailField,
  confirmedAt: z.date(),
  sessionId: z.string(),
  ipAddress: z.string().nullish(),
  userAgent: z.string().nullish(),
});

/**
 * Has an address be somebody's that they have shown to read mail to. Asked again, and for one confirmed before the last, it
 * changes nothing. EMAIL_TAKEN; NOT_FOUND for who is deleted.
 */
export async function changeEmail(tx: Tx, input: unknown): Promise<void> {
  const { userId, tenantId, email, confirmedAt, sessionId, ipAddress, userAgent } = readInput(
    inputShape,
    input,
  );
  const before = await lockUser(tx, tenantId, userId);
  if (!before || before.status === 'DELETED') {
    throw new GatehouseError('NOT_FOUND', 'There is no such user.');
  }
  if (before.emailConfirmedAt && before.emailConfirmedAt >= confirmedAt) return;
  await updateUser(tx, tenantId, userId, {
    email: email.value,
    emailKey: email.key,
    emailConfirmedAt: confirmedAt,
  });
  const subject = { tenantId, subject: userId };
  await writeEvent(tx, outbox, {
    ...subject,
    type: 'user.updated',
    // Whoever was told the address when the account was made needs the new one; the old one nobody does.
    data: { userId, changes: { email: email.value }, previousValues: {}, updatedBy: userId },
  });
  await writeEvent(tx, outbox, {
    ...subject,
    type: 'user.email_changed',
    data: {
      userId,
      previousEmail: before.email,
      sessionId,
      ipAddress: ipAddress ?? null,
      userAgent: userAgent ?? null,
    },
  });
}
