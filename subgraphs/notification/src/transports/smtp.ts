import type { DkimKey } from '../smtp/dkim-key.ts';
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
  connections: number;
  /** How long the server may say nothing. */
  timeoutMs: number;
  dkim: DkimKey | null;
}): Transport {
  const { url, from, connections, timeoutMs, dkim } = options;
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
    async deliver({ id, recipient, subject, html, text, ...sender }, stopping) {
      const transporter = await opening;
      try {
        await transporter.sendMail({
          from: senderOf(from, sender),
          // As an object: an address is never parsed as a list.
          to: { name: '', address: recipient },
          subject,
          html,
          text,
          messageId: `<${id}@gatehouse>`,
          headers: { 'auto-submitted': 'auto-generated' },
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
