import { afterEach, expect, test } from 'vitest';
import { retryDelay } from '../src/deliver-messages.ts';
import { defaultNotificationConfig } from '../src/index.ts';
import {
  confirmation,
  eventually,
  sendMailDocument,
  service,
  startNotification,
  type TestNotification,
} from './harness.ts';
import { startSmtp, type TestSmtp } from './smtp-server.ts';

let notification: TestNotification | undefined;
let smtp: TestSmtp | undefined;

afterEach(async () => {
  await notification?.stop();
  await smtp?.stop();
  notification = smtp = undefined;
});

/** A mail server; `refuse` answers a reply code for an address, or nothing to take the mail. */
async function startServer(
  refuse: (address: string, attempt: number) => number | undefined = () => undefined,
) {
  let attempts = 0;
  const server = await startSmtp({
    at(step, address) {
      const code = step === 'RCPT TO' && refuse(address, ++attempts);
      return code ? `${code} refused` : undefined;
    },
  });
  smtp = server;
  return {
    received: server.received,
    smtpUrl: `smtp://127.0.0.1:${server.port}`,
    attempts: () => attempts,
  };
}

const send = (given: Record<string, unknown> = {}) =>
  notification?.ask(service, sendMailDocument, { input: confirmation(given) });
const rows = async () =>
  (await notification?.deps.database.pool.query('select * from delivery order by created_at'))?.rows ?? [];
const settled = (status: string) =>
  eventually(async () => ((await rows()).every((row) => row.status === status) ? await rows() : null));

test('with SMTP a mail arrives at the server, in HTML and text, and there is no mailbox', async () => {
  const { received, smtpUrl } = await startServer();
  notification = await startNotification({ smtpUrl, mailFrom: 'Acme <no-reply@acme.example>' });
  expect(notification.subgraph.routes).toEqual([]);
  await send({ tenantName: 'Äcme\r\nBcc: evil@example.com', to: 'ada@example.com' });
  const mail = await eventually(async () => received[0]);
  expect(mail).toMatchObject({ from: 'no-reply@acme.example', to: ['ada@example.com'] });
  const [head = ''] = mail.message.split('\r\n\r\n');
  expect(head).toMatch(/^From: Acme <no-reply@acme\.example>$/m);
  expect(head).toMatch(/^To: ada@example\.com$/m);
  expect(head).toMatch(/^Subject: =\?UTF-8\?/m);
  expect(head).toMatch(/^Auto-Submitted: auto-generated$/im);
  expect(head).not.toMatch(/^Bcc/m);
  expect(mail.message).toContain('Content-Type: text/html; charset=utf-8');
  expect(mail.message).toContain('Content-Type: text/plain; charset=utf-8');
  const [row] = await settled('sent');
  expect(row).toMatchObject({ html: null, text: null });
  expect(head).toContain(`Message-ID: <${row.id.replaceAll('-', '')}${row.report_token}@gatehouse>`);
});

test('a server that is busy is tried again until it takes the mail, as the same message', async () => {
  const { received, smtpUrl, attempts } = await startServer((_, attempt) => (attempt < 3 ? 451 : undefined));
  notification = await startNotification({ smtpUrl, firstRetryMs: 20, maxRetryMs: 50, pollMs: 20 });
  await send();
  const [row] = await settled('sent');
  expect(row).toMatchObject({ attempts: 3, last_error: null });
  expect(attempts()).toBe(3);
  expect(received).toHaveLength(1);
});

test('an address that does not exist is given up at once, others still get theirs', async () => {
  const { received, smtpUrl, attempts } = await startServer((address) =>
    address.startsWith('gone') ? 550 : undefined,
  );
  notification = await startNotification({ smtpUrl, firstRetryMs: 20, pollMs: 20 });
  await send({ to: 'gone@example.com' });
  const [dead] = await settled('dead');
  expect(dead.attempts).toBe(1);
  expect(dead.last_error).toContain('550');
  expect(dead.html).toContain('Confirm');
  await send({ to: 'here@example.com' });
  await eventually(async () => received.length === 1);
  expect(attempts()).toBe(2);
});

test('without a server mails wait, and die after the last attempt', async () => {
  notification = await startNotification({
    smtpUrl: 'smtp://127.0.0.1:1',
    firstRetryMs: 10,
    maxRetryMs: 20,
    pollMs: 10,
    maxAttempts: 3,
  });
  await send();
  const [row] = await settled('dead');
  expect(row.attempts).toBe(3);
  expect(row.last_error).toContain('ECONNREFUSED');
});

test('a mail that a dying process had taken is sent by another, into the mailbox only once', async () => {
  notification = await startNotification({ pollMs: 20 });
  await send({ to: 'ada@example.com' });
  const [row] = await settled('sent');
  // As if the process had died after handing it over and before recording that.
  await notification.deps.database.pool.query(
    "update delivery set status = 'queued', html = 'x', text = 'x', sent_at = null, next_attempt_at = now() + interval '200 ms'",
  );
  const [again] = await settled('sent');
  expect(again).toMatchObject({ id: row.id, attempts: 2 });
  const { rows: mails } = await notification.deps.database.pool.query('select id from mailbox_message');
  expect(mails).toEqual([{ id: row.id }]);
});

test('many mails at once all arrive once', async () => {
  const { received, smtpUrl } = await startServer();
  notification = await startNotification({ smtpUrl });
  await Promise.all(Array.from({ length: 100 }, (_, i) => send({ to: `p${i}@example.com` })));
  await settled('sent');
  expect(new Set(received.map(({ to }) => to[0])).size).toBe(100);
  expect(received).toHaveLength(100);
});

test('in production without SMTP mails are kept, and not shown', async () => {
  notification = await startNotification({ developmentMailbox: false });
  expect(notification.subgraph.routes).toEqual([]);
  await send();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await rows()).toMatchObject([{ status: 'queued', attempts: 0 }]);
});

test('the delay doubles up to its bound', () => {
  const { firstRetryMs, maxRetryMs } = defaultNotificationConfig;
  for (let i = 0; i < 50; i++) {
    expect(retryDelay(1, defaultNotificationConfig)).toBeLessThanOrEqual(firstRetryMs * 3);
    expect(retryDelay(12, defaultNotificationConfig)).toBeGreaterThan(firstRetryMs);
    expect(retryDelay(30, defaultNotificationConfig)).toBeLessThanOrEqual(maxRetryMs);
  }
});
