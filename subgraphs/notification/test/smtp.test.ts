import { generateKeyPairSync } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createLogger } from '@gatehouse/service-kit';
import { dkimVerify } from 'mailauth';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  confirmation,
  eventually,
  sendMailDocument,
  service,
  startNotification,
  type TestNotification,
} from './harness.ts';
import {
  type Certificate,
  newCertificate,
  type SmtpOptions,
  startSmtp,
  type TestSmtp,
} from './smtp-server.ts';

let notification: TestNotification | undefined;
let smtp: TestSmtp | undefined;
let known: Certificate;
let unknown: Certificate;
const trusted = getCACertificates();

beforeAll(async () => {
  [known, unknown] = await Promise.all([newCertificate(), newCertificate()]);
  // As NODE_EXTRA_CA_CERTS does.
  setDefaultCACertificates([...trusted, known.cert]);
});
afterAll(() => setDefaultCACertificates(trusted));
afterEach(async () => {
  await notification?.stop();
  await smtp?.stop();
  notification = smtp = undefined;
});

const soon = { firstRetryMs: 20, maxRetryMs: 100, pollMs: 20 };
type Given = NonNullable<Parameters<typeof startNotification>[0]>;

/** A server, and a Gatehouse that sends over it; `url` is made of the server's port. */
async function start(
  server: SmtpOptions,
  given: Given & { url?: (port: number) => string } = {},
): Promise<TestSmtp> {
  const { url = (port: number) => `smtp://localhost:${port}`, ...values } = given;
  smtp = await startSmtp(server);
  notification = await startNotification({ ...soon, smtpUrl: url(smtp.port), ...values });
  return smtp;
}

const send = (given: Record<string, unknown> = {}) =>
  notification?.ask(service, sendMailDocument, { input: confirmation(given) });
const rows = async () =>
  (await notification?.deps.database.pool.query('select * from delivery order by created_at'))?.rows ?? [];
const settled = (status: string) =>
  eventually(async () => {
    const all = await rows();
    return all.length > 0 && all.every((row) => row.status === status) ? all : null;
  });
/** The only mail, after so many attempts have failed. */
const failed = (attempts = 1) =>
  eventually(async () => (await rows()).find((row) => row.status === 'failed' && row.attempts >= attempts));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('mails share connections, and no more of them than is said', async () => {
  const { received, seen } = await start(
    { at: () => pause(5).then(() => undefined) },
    { smtpConnections: 3 },
  );
  await Promise.all(Array.from({ length: 40 }, (_, i) => send({ to: `p${i}@example.com` })));
  await settled('sent');
  expect(received).toHaveLength(40);
  expect(seen.connections).toBe(3);
  expect(seen.mostOpen).toBe(3);
});

test.each([
  ['from the first byte on', 'implicit', (port: number) => `smtps://ada:secret@localhost:${port}`],
  ['by STARTTLS', 'starttls', (port: number) => `smtp://ada:secret@localhost:${port}`],
  ['by STARTTLS where it is offered', 'starttls', (port: number) => `smtp://localhost:${port}`],
] as const)('TLS %s', async (_, tls, url) => {
  const users = url(0).includes('ada') ? { ada: 'secret' } : undefined;
  const { received } = await start({ tls, certificate: known, ...(users && { users }) }, { url });
  await send();
  await settled('sent');
  expect(received).toMatchObject([{ secure: true, user: users ? 'ada' : '' }]);
});

test.each([
  ['with a password', (port: number) => `smtp://ada:secret@localhost:${port}`],
  ['where it is demanded', (port: number) => `smtp://localhost:${port}?requireTLS=true`],
])('%s, nothing is said in clear to a server that does not speak TLS', async (_, url) => {
  const { received, logins, seen } = await start({ users: { ada: 'secret' } }, { url });
  await send();
  const row = await failed(2);
  expect(row.last_error).toBe('SMTP: 500 to STARTTLS');
  expect([received, logins, seen.attempts]).toEqual([[], [], 0]);
});

test.each([
  ['implicit', (port: number) => `smtps://localhost:${port}`, 'SELF_SIGNED'],
  ['starttls', (port: number) => `smtp://localhost:${port}`, 'SELF_SIGNED'],
] as const)('a certificate of nobody known gets no mail (%s)', async (tls, url, reason) => {
  const { received, seen } = await start({ tls, certificate: unknown }, { url });
  await send();
  expect((await failed(2)).last_error).toContain(reason);
  expect([received, seen.attempts]).toEqual([[], 0]);
});

test('a certificate for another name gets no mail', async () => {
  const url = (port: number) => `smtps://127.0.0.1:${port}`;
  const { received } = await start({ tls: 'implicit', certificate: known }, { url });
  await send();
  expect((await failed()).last_error).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(received).toEqual([]);
});

test('a refused password is ours to mend: the mail waits until it is right', async () => {
  const users: Record<string, string> = { ada: 'another' };
  const url = (port: number) => `smtps://ada:secret@localhost:${port}`;
  const { received } = await start({ tls: 'implicit', certificate: known, users }, { url });
  await send();
  expect((await failed(2)).last_error).toBe('SMTP: 535 5.7.8 to AUTH PLAIN');
  users.ada = 'secret';
  await settled('sent');
  expect(received).toHaveLength(1);
});

test('mails are signed with the key of the installation, and altered ones do not pass', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const dkim = { domain: 'acme.example', selector: 'mail', privateKey };
  const { received } = await start({}, { dkim, mailFrom: 'Acme <no-reply@acme.example>' });
  await send({ tenantName: 'Äcme' });
  await settled('sent');
  const asked: string[] = [];
  const resolver = async (name: string) => {
    asked.push(name);
    return [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]];
  };
  const message = received[0]?.message ?? '';
  const verify = async (text: string) => (await dkimVerify(text, { resolver })).results;
  expect(await verify(message)).toMatchObject([
    { signingDomain: 'acme.example', selector: 'mail', status: { result: 'pass', aligned: 'acme.example' } },
  ]);
  expect(asked).toEqual(['mail._domainkey.acme.example']);
  for (const header of ['from', 'to', 'subject', 'message-id'])
    expect((await verify(message))[0]?.signingHeaders?.keys?.toLowerCase()).toContain(header);
  expect(await verify(message.replace(/^Subject: .*/m, 'Subject: another'))).toMatchObject([
    { status: { result: 'fail' } },
  ]);
});

test.each([
  ['421 4.3.2 Shutting down', 'MAIL FROM'],
  ['451 4.7.1 Greylisted', 'RCPT TO'],
  ['452 4.3.1 Out of space', 'end of DATA'],
  ['550 5.7.60 Not allowed to send as this sender', 'MAIL FROM'],
  ['530 5.7.0 Authentication required', 'RCPT TO'],
] as const)('%s after %s: tried again, and one mail arrives', async (reply, step) => {
  const { received, seen } = await start({
    at: (now, _, attempt) => (now === step && attempt < 3 ? reply : undefined),
  });
  await send();
  const [row] = await settled('sent');
  expect([row.attempts, seen.attempts, received.length]).toEqual([3, 3, 1]);
});

test.each([
  ['550 5.1.1 No such user', 'RCPT TO', '550 5.1.1 to RCPT TO', 'bounced'],
  ['554 5.7.1 Looks like spam', 'end of DATA', '554 5.7.1 to DATA', 'dead'],
  ['552 Too much', 'end of DATA', '552 to DATA', 'dead'],
] as const)('%s after %s: given up at once', async (reply, step, told, status) => {
  const { received, seen } = await start({ at: (now) => (now === step ? reply : undefined) });
  await send();
  const [row] = await settled(status);
  await pause(200);
  expect(row).toMatchObject({ attempts: 1, last_error: `SMTP: ${told}` });
  expect([seen.attempts, received.length]).toEqual([1, 0]);
});

test('a server that goes and comes back gets what was accepted in between, once', async () => {
  const { port, stop } = await start({});
  await send({ to: 'before@example.com' });
  await settled('sent');
  await stop();
  await Promise.all([1, 2, 3].map((i) => send({ to: `between${i}@example.com` })));
  await eventually(async () => (await rows()).filter(({ status }) => status === 'failed').length === 3);
  smtp = await startSmtp({ port });
  await settled('sent');
  expect(smtp.received.map(({ to }) => to[0]).toSorted()).toEqual(
    [1, 2, 3].map((i) => `between${i}@example.com`),
  );
});

test('a slow server is waited for, and asked once', async () => {
  const { received, seen } = await start({ at: () => pause(200).then(() => undefined) });
  await Promise.all([1, 2, 3].map((i) => send({ to: `p${i}@example.com` })));
  const all = await settled('sent');
  expect(all.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  expect([seen.attempts, received.length]).toEqual([3, 3]);
});

test('a server that says nothing any more is left, and a mail it did not take is sent again', async () => {
  const stuck = new Promise<undefined>(() => {});
  const { received, seen } = await start(
    { at: (step, _, attempt) => (step === 'RCPT TO' && attempt === 1 ? stuck : undefined) },
    { smtpTimeoutMs: 300 },
  );
  await send();
  const [row] = await settled('sent');
  expect([row.attempts, seen.attempts, received.length]).toEqual([2, 2, 1]);
});

test('cut off in the middle of a mail: sent again, and there once', async () => {
  const { received, seen } = await start({
    at: (step, _, attempt) => void (step === 'DATA' && attempt === 1 && smtp?.cut()),
  });
  await send();
  const [row] = await settled('sent');
  expect([row.attempts, seen.attempts, received.length]).toEqual([2, 2, 1]);
});

test('an answer that is lost: the same message twice, which SMTP does not let us know', async () => {
  const { received } = await start({
    async at(step, _, attempt) {
      if (step === 'end of DATA' && attempt === 1) smtp?.cut();
      return undefined;
    },
  });
  await send();
  await settled('sent');
  const ids = received.map(({ message }) => /^Message-ID: .*/im.exec(message)?.[0]);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test('it ends in time while a server says nothing, and the mail goes out after the next start', async () => {
  await start({ at: () => new Promise<undefined>(() => {}) });
  await send();
  await eventually(async () => smtp?.seen.attempts === 1);
  const began = Date.now();
  await notification?.subgraph.stop();
  expect(Date.now() - began).toBeLessThan(4_000);
  expect(await rows()).toMatchObject([{ status: 'failed', attempts: 1 }]);
  await smtp?.stop();
});

test('no address, code or word of the server is in the log', async () => {
  const lines: string[] = [];
  const logger = createLogger({ name: 'test', level: 'trace' }, { write: (line) => void lines.push(line) });
  await start(
    {
      at: (step, address) => {
        if (step !== 'RCPT TO') return undefined;
        if (address.startsWith('gone')) return `550 5.1.1 <${address}> is not here, says the server`;
        return address.startsWith('busy') ? `451 4.2.1 <${address}> later, says the server` : undefined;
      },
    },
    { logger, maxAttempts: 2 },
  );
  const parameters = { ...confirmation().parameters, link: 'http://localhost:4000/confirm?code=c0dec0de' };
  for (const name of ['here', 'gone', 'busy']) await send({ to: `${name}@people.example`, parameters });
  await eventually(async () =>
    (await rows()).every(({ status }) => ['sent', 'dead', 'bounced'].includes(status)),
  );
  const log = lines.join('');
  expect(log).toContain('message sent');
  expect(log).toContain('SMTP: 550 5.1.1 to RCPT TO');
  for (const secret of ['people.example', 'c0dec0de', 'says the server']) expect(log).not.toContain(secret);
});
