import type { Executor } from '@gatehouse/data';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { type MailboxMessage, mailboxMessage } from '../tables/mailbox-message.ts';

/** Older messages than these are dropped. */
const kept = 200;

export async function putMessage(db: Executor, message: MailboxMessage): Promise<void> {
  await db.insert(mailboxMessage).values(message).onConflictDoNothing();
  const beyond = db
    .select({ id: mailboxMessage.id })
    .from(mailboxMessage)
    .orderBy(desc(mailboxMessage.createdAt), desc(mailboxMessage.id))
    .offset(kept)
    .for('update', { skipLocked: true });
  await db.delete(mailboxMessage).where(inArray(mailboxMessage.id, beyond));
}

/** Newest first; `to` in any case. */
export const messages = (
  db: Executor,
  filter: { to?: string; id?: string } = {},
): Promise<MailboxMessage[]> =>
  db
    .select()
    .from(mailboxMessage)
    .where(
      and(
        filter.to === undefined
          ? undefined
          : eq(sql`lower(${mailboxMessage.recipient})`, filter.to.toLowerCase()),
        filter.id === undefined ? undefined : eq(mailboxMessage.id, filter.id),
      ),
    )
    .orderBy(desc(mailboxMessage.createdAt), desc(mailboxMessage.id))
    .limit(kept);

export async function emptyMailbox(db: Executor): Promise<void> {
  await db.delete(mailboxMessage);
}
