import type { Database } from '@gatehouse/data';
import { putMessage } from '../queries/mailbox.ts';
import type { Transport } from './transport.ts';

/** The development mailbox: a table that `/dev/mailbox` shows. A repeated attempt adds nothing. */
export const createMailboxTransport = (database: Database): Transport => ({
  leaseMs: 3_000,
  async deliver({ id, channel, recipient, subject, html, text }) {
    const createdAt = new Date();
    await putMessage(database.db, { id, channel, recipient, subject, html, text, createdAt });
    return null;
  },
  close: async () => {},
});
