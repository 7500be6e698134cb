import { senderOf, type Transport, UndeliverableError } from './transport.ts';

type SmtpError = Error & { code?: string; responseCode?: number };

/** RFC 5321, 4.2.1: 5yz is permanent. Refused credentials are ours to mend, so they are tried again. */
const isPermanent = ({ code, responseCode = 0 }: SmtpError): boolean =>
  responseCode >= 500 && responseCode < 600 && (code === 'EENVELOPE' || code === 'EMESSAGE');

/** Mails over SMTP, over a pool of connections. At least once: a crash between handing over and recording repeats. */
export function createSmtpTransport(options: { url: string; from: string; connections: number }): Transport {
  // Loaded only where it is used.
  const opening = import('nodemailer').then(({ createTransport }) =>
    createTransport({
      url: options.url,
      pool: true,
      maxConnections: options.connections,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      dnsTimeout: 10_000,
      socketTimeout: 30_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  );

  return {
    leaseMs: 120_000,
    async deliver({ id, recipient, subject, html, text, ...sender }) {
      const transporter = await opening;
      try {
        await transporter.sendMail({
          from: senderOf(options.from, sender),
          // As an object: an address is never parsed as a list.
          to: { name: '', address: recipient },
          subject,
          html,
          text,
          messageId: `<${id}@gatehouse>`,
          headers: { 'auto-submitted': 'auto-generated' },
        });
        return null;
      } catch (error) {
        const failure = error as SmtpError;
        throw isPermanent(failure) ? new UndeliverableError(failure.message, { cause: failure }) : failure;
      }
    },
    async close() {
      (await opening).close();
    },
  };
}
