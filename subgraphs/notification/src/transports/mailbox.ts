import type { Database } from '@gatehouse/data';
import { putMessage } from '../queries/mailbox.ts';
import type { MailTransport } from './transport.ts';

/** The development mailbox: a table that `/dev/mailbox` shows. A repeated attempt adds nothing. */
export const createMailboxTransport = (database: Database): MailTransport => ({
  leaseMs: 3_000,
  deliver: ({ id, recipient, subject, html, text }) =>
    putMessage(database.db, { id, recipient, subject, html, text, createdAt: new Date() }),
  close: async () => {},
});
