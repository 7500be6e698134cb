import { createServer, type Server } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  codeSms,
  eventually,
  sendSmsDocument,
  service,
  startNotification,
  type TestNotification,
} from './harness.ts';
import { startTwilio, type TestTwilio } from './twilio-server.ts';

let notification: TestNotification;
let twilio: TestTwilio;
let server: Server;
let base: string;

const publicUrl = 'https://id.acme.example';

beforeAll(async () => {
  twilio = await startTwilio();
  notification = await startNotification({ twilio: twilio.config, publicUrl, smtpUrl: 'smtp://127.0.0.1:1' });
  const [route, ...others] = notification.subgraph.routes;
  expect(others).toEqual([]);
  server = createServer((request, response) => {
    void route?.handle(request, response, { ipAddress: '192.0.2.1', userAgent: null, host: 'evil.example' });
  });
  base = `http://127.0.0.1:${await listen(server, { port: 0, host: '127.0.0.1' })}`;
});

afterAll(async () => {
  await closeServer(server, 100);
  await notification.stop();
  await twilio.stop();
});

const record = async (id: string) =>
  (await notification.deps.database.pool.query('select * from delivery where id = $1', [id])).rows[0];

/** An SMS that Twilio has taken: the delivery, and what Twilio calls it. */
async function sent() {
  const before = twilio.received.length;
  await notification.ask(service, sendSmsDocument, { input: codeSms() });
  const { StatusCallback = '', sid } = await eventually(async () => twilio.received[before]);
  const id = StatusCallback.split('/').at(-1) ?? '';
  await eventually(async () => (await record(id)).status === 'sent');
  return { id, sid, url: StatusCallback };
}

const post = async (url: string, init: RequestInit) =>
  (await fetch(base + url.slice(publicUrl.length), init)).status;
const reportTo = (url: string, form: Record<string, string>) => post(url, twilio.report(url, form));
const reportOf = (sid: string, status: string, more: Record<string, string> = {}) => ({
  MessageSid: sid,
  SmsSid: sid,
  MessageStatus: status,
  To: '+4915112345678',
  ...more,
});

test('what Twilio reports is recorded, however often and in whatever order it comes', async () => {
  const { id, sid, url } = await sent();
  expect(await reportTo(url, reportOf(sid, 'sent'))).toBe(204);
  expect(await record(id)).toMatchObject({ status: 'sent', delivered_at: null });
  expect(await reportTo(url, reportOf(sid, 'delivered'))).toBe(204);
  const first = await record(id);
  expect(first).toMatchObject({ status: 'delivered', provider_id: sid, delivered_at: expect.any(Date) });
  for (const status of ['delivered', 'failed', 'sent', 'something new']) {
    expect(await reportTo(url, reportOf(sid, status)), status).toBe(204);
  }
  expect(await record(id)).toEqual(first);
});

test('a message that does not arrive is dead, with the reason', async () => {
  const { id, sid, url } = await sent();
  expect(await reportTo(url, reportOf(sid, 'undelivered', { ErrorCode: '30003' }))).toBe(204);
  expect(await record(id)).toMatchObject({ status: 'dead', last_error: 'Twilio: undelivered 30003' });
});

test('a report about another attempt does not take a message back', async () => {
  const { id, url } = await sent();
  expect(await reportTo(url, reportOf(`SM${'9'.repeat(32)}`, 'failed'))).toBe(204);
  expect(await record(id)).toMatchObject({ status: 'sent' });
});

test('a report that comes before the answer ends the attempts', async () => {
  const { id, sid, url } = await sent();
  // As if the process had died after handing it over and before recording that.
  await notification.deps.database.pool.query(
    "update delivery set status = 'queued', text = 'x', provider_id = null, next_attempt_at = now() + interval '1 hour' where id = $1",
    [id],
  );
  expect(await reportTo(url, reportOf(sid, 'delivered'))).toBe(204);
  expect(await record(id)).toMatchObject({ status: 'delivered', provider_id: sid, text: null });
});

test('nobody but Twilio changes anything', async () => {
  const { id, sid, url } = await sent();
  const before = await record(id);
  const form = reportOf(sid, 'failed');
  const right = twilio.report(url, form);
  const { 'x-twilio-signature': signature, ...unsigned } = right.headers;
  const forged: [string, string, RequestInit][] = [
    ['unsigned', url, { ...right, headers: unsigned }],
    ['signed with nothing', url, { ...right, headers: { ...unsigned, 'x-twilio-signature': '' } }],
    ['another form', url, { ...right, body: new URLSearchParams(reportOf(sid, 'delivered')).toString() }],
    ['another delivery', (await sent()).url, right],
    ['another query', `${url}?x=1`, right],
    ['a field twice', url, { ...right, body: `${right.body}&MessageStatus=delivered` }],
    [
      'signed for the host of the request',
      url,
      twilio.report(url.replace('id.acme.example', 'evil.example'), form),
    ],
    ['signed over the path alone', url, twilio.report(new URL(url).pathname, form)],
  ];
  for (const [how, to, init] of forged) expect(await post(to, init), how).toBe(403);
  expect(await record(id)).toEqual(before);
  expect(signature).toBeTruthy();
});

test('what is signed and still makes no sense is refused', async () => {
  const { sid } = await sent();
  const at = (path: string) => `${publicUrl}/sms/status${path}`;
  const nobody = at('/00000000-0000-7000-8000-000000000000');
  expect(await reportTo(nobody, reportOf(sid, 'delivered'))).toBe(204);
  expect(await reportTo(at(''), reportOf(sid, 'delivered'))).toBe(400);
  expect(await reportTo(nobody, reportOf('SM1', 'delivered'))).toBe(400);
  expect(await reportTo(nobody, { MessageStatus: 'delivered' })).toBe(400);
  expect(await reportTo(nobody, reportOf(sid, 'delivered', { Body: 'x'.repeat(9_000) }))).toBe(413);
  expect(await post(nobody, { method: 'GET' })).toBe(405);
});
