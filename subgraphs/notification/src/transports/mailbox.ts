import type { Database } from '@gatehouse/data';
import { putMessage } from '../queries/mailbox.ts';
import { senderOf, type Transport } from './transport.ts';

/** The development mailbox: a table that `/dev/mailbox` shows. A repeated attempt adds nothing. */
export const createMailboxTransport = (database: Database, from: string): Transport => ({
  leaseMs: 3_000,
  async deliver({ id, channel, recipient, subject, html, text, ...given }) {
    const { name, address } = senderOf(from, given);
    const sender = channel === 'sms' ? '' : name ? `${name} <${address}>` : address;
    const createdAt = new Date();
    await putMessage(database.db, { id, channel, sender, recipient, subject, html, text, createdAt });
    return null;
  },
  close: async () => {},
});
