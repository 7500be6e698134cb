import type { Database } from '@gatehouse/data';
import { putMessage } from '../queries/mailbox.ts';
import { messageIdOf } from '../reports/report-id.ts';
import { senderOf, type Transport } from './transport.ts';

/** The development mailbox: a table that `/dev/mailbox` shows. A repeated attempt adds nothing. */
export const createMailboxTransport = (database: Database, from: string): Transport => ({
  leaseMs: 3_000,
  async deliver({ id, reportId, channel, recipient, subject, html, text, ...given }) {
    const { name, address } = senderOf(from, given);
    const sender = channel === 'sms' ? '' : name ? `${name} <${address}>` : address;
    const createdAt = new Date();
    const messageId = channel === 'sms' ? null : messageIdOf(reportId);
    const message = { id, channel, sender, recipient, messageId, subject, html, text, createdAt };
    await putMessage(database.db, message);
    return null;
  },
  close: async () => {},
});
