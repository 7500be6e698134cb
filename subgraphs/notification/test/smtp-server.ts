import type { Socket } from 'node:net';
import { generate } from 'selfsigned';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export type Received = {
  from: string;
  to: string[];
  message: string;
  user: string;
  secure: boolean;
  dsn?: unknown;
};
type Step = 'MAIL FROM' | 'RCPT TO' | 'DATA' | 'end of DATA';

export type SmtpOptions = {
  /** A port that is free unless it is told. */
  port?: number;
  tls?: 'implicit' | 'starttls' | 'none';
  certificate?: Certificate;
  /** Takes wishes for delivery status notifications (RFC 3461). */
  dsn?: boolean;
  /** Whoever sends has to be one of them; anybody when it is left out. */
  users?: Record<string, string>;
  /** Answers a reply, to refuse; may cut connections, or wait. `attempt` counts mails begun. */
  at?: (step: Step, address: string, attempt: number) => string | undefined | Promise<string | undefined>;
};

export type Certificate = { key: string; cert: string };

/** For this machine, of an authority that nobody trusts yet. */
export async function newCertificate(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  return { key, cert };
}

export type TestSmtp = Awaited<ReturnType<typeof startSmtp>>;

/** A mail server of our own. */
export async function startSmtp(options: SmtpOptions = {}) {
  const { tls = 'none', certificate, dsn, users, at = () => undefined } = options;
  const received: Received[] = [];
  const seen = { connections: 0, attempts: 0, open: new Set<Socket>(), mostOpen: 0 };
  const logins: string[] = [];

  const answer = async (step: Step, address: string, done: (error?: Error) => void) => {
    const reply = await at(step, address, seen.attempts);
    if (reply === undefined) return done();
    const [, code, text] = /^(\d{3}) (.*)$/.exec(reply) ?? [];
    done(Object.assign(new Error(text), { responseCode: Number(code) }));
  };
  const settings: SMTPServerOptions = {
    secure: tls === 'implicit',
    ...certificate,
    authOptional: !users,
    allowInsecureAuth: true,
    hideSTARTTLS: tls !== 'starttls',
    disabledCommands: tls === 'starttls' ? [] : ['STARTTLS'],
    hideDSN: !dsn,
    hideENHANCEDSTATUSCODES: true,
    logger: false,
    onAuth({ username = '', password }, _session, done) {
      logins.push(username);
      if (users?.[username] === password) done(null, { user: username });
      else done(Object.assign(new Error('5.7.8 Authentication failed'), { responseCode: 535 }));
    },
    onMailFrom({ address }, _session, done) {
      seen.attempts += 1;
      void answer('MAIL FROM', address, done);
    },
    onRcptTo({ address }, _session, done) {
      void answer('RCPT TO', address, done);
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      const { mailFrom, rcptTo } = session.envelope;
      const to = rcptTo.map(({ address }) => address);
      stream.on('data', (chunk: Buffer) => {
        if (chunks.push(chunk) === 1) void at('DATA', to[0] ?? '', seen.attempts);
      });
      stream.on('end', () => {
        const message = Buffer.concat(chunks).toString();
        const from = mailFrom ? mailFrom.address : '';
        void answer('end of DATA', to[0] ?? '', (error) => {
          if (!error) {
            const { user, secure } = session;
            const wishes = dsn && { dsn: (session.envelope as { dsn?: unknown }).dsn };
            received.push({ from, to, message, user: String(user || ''), secure, ...wishes });
          }
          done(error);
        });
      });
    },
  };
  const server = new SMTPServer(settings);
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    seen.connections += 1;
    seen.open.add(socket);
    seen.mostOpen = Math.max(seen.mostOpen, seen.open.size);
    socket.on('close', () => seen.open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const address = server.server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    port,
    received,
    seen,
    logins,
    /** Ends every connection without a word. */
    cut() {
      for (const socket of seen.open) socket.destroy();
    },
    stop: () =>
      new Promise<void>((resolve) => {
        for (const socket of seen.open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
