import type { Database } from '@gatehouse/data';
import { putMessage } from '../queries/mailbox.ts';
import { type MailTransport, senderOf } from './transport.ts';

/** The development mailbox: a table that `/dev/mailbox` shows. A repeated attempt adds nothing. */
export const createMailboxTransport = (database: Database, from: string): MailTransport => ({
  leaseMs: 3_000,
  deliver({ id, recipient, subject, html, text, ...given }) {
    const { name, address } = senderOf(from, given);
    const sender = name ? `${name} <${address}>` : address;
    return putMessage(database.db, { id, sender, recipient, subject, html, text, createdAt: new Date() });
  },
  close: async () => {},
});
