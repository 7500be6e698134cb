import { messageIdOf, reportHeader } from '../reports/report-id.ts';
import type { DkimKey } from '../smtp/dkim-key.ts';
import { envelopeSenderOf } from '../smtp/envelope-sender.ts';
import { smtpFailureOf } from '../smtp/smtp-failure.ts';
import { smtpServerOf } from '../smtp/smtp-url.ts';
import { senderOf, type Transport } from './transport.ts';

/** What an attempt may take beyond the silence that is put up with once. */
const attemptMarginMs = 30_000;
const leaseMarginMs = 30_000;

/**
 * Mails over SMTP, over a pool of connections. At least once: where the answer to the end of a mail is lost (RFC 5321, 4.5.3.2.6), or
 * the process between that and recording it, the mail is sent again with the same Message-ID.
 */
export function createSmtpTransport(options: {
  url: string;
  from: string;
  /** Where mails that can't be delivered are sent back to; null: to whom they come from. */
  returnPath: string | null;
  connections: number;
  /** How long the server may say nothing. */
  timeoutMs: number;
  dkim: DkimKey | null;
}): Transport {
  const { url, from, returnPath, connections, timeoutMs, dkim } = options;
  const attemptMs = timeoutMs + attemptMarginMs;
  const beginMs = Math.min(timeoutMs, 10_000);
  // Loaded only where it is used.
  const opening = import('nodemailer').then(({ createTransport }) =>
    createTransport({
      ...smtpServerOf(url),
      tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      pool: true,
      maxConnections: connections,
      connectionTimeout: beginMs,
      greetingTimeout: beginMs,
      dnsTimeout: beginMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(dkim && {
        dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey },
      }),
    }),
  );

  return {
    leaseMs: attemptMs + leaseMarginMs,
    async deliver({ reportId, recipient, subject, html, text, ...given }, stopping) {
      const transporter = await opening;
      try {
        const sender = senderOf(from, given);
        // As objects: an address is never parsed as a list.
        const to = { name: '', address: recipient };
        await transporter.sendMail({
          from: sender,
          to,
          envelope: {
            from: { name: '', address: envelopeSenderOf(sender.address, returnPath, reportId) },
            to: [to],
          },
          // Where the server knows of it (RFC 3461): of a mail that can't be delivered nothing comes back but the header.
          dsn: { id: reportId, return: 'headers', notify: ['failure'] },
          subject,
          html,
          text,
          messageId: messageIdOf(reportId),
          headers: { 'auto-submitted': 'auto-generated', [reportHeader]: reportId },
          signal: AbortSignal.any([stopping, AbortSignal.timeout(attemptMs)]),
        });
        return null;
      } catch (error) {
        throw smtpFailureOf(error as Error);
      }
    },
    async close() {
      (await opening).close();
    },
  };
}
