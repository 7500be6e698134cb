import { createServer, type Server } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  codeSms,
  confirmation,
  eventually,
  sendMailDocument,
  sendSmsDocument,
  service,
  startNotification,
  type TestNotification,
} from './harness.ts';

let notification: TestNotification;
let server: Server;
let url: string;

beforeAll(async () => {
  notification = await startNotification();
  const [route] = notification.subgraph.routes;
  server = createServer((request, response) => {
    void route?.handle(request, response, { ipAddress: '127.0.0.1', userAgent: null, host: 'localhost' });
  });
  url = `http://127.0.0.1:${await listen(server, { port: 0, host: '127.0.0.1' })}/dev/mailbox`;
});

beforeEach(async () => {
  await fetch(url, { method: 'DELETE' });
});

afterAll(async () => {
  await closeServer(server, 100);
  await notification.stop();
});

type Message = { id: string; to: string; subject: string; text: string; html: string; createdAt: string };

const mails = async (query = '') => (await (await fetch(url + query)).json()) as Message[];
const send = async (given: Record<string, unknown> = {}) => {
  const { data, errors } = await notification.ask(service, sendMailDocument, { input: confirmation(given) });
  expect(errors).toBeUndefined();
  expect(data.sendMail).toBe(true);
};

test('a mail can be read in the mailbox right after it was accepted', async () => {
  await send();
  const [mail] = await eventually(async () => ((await mails()).length > 0 ? await mails() : null));
  expect(mail).toMatchObject({ to: 'ada@example.com', subject: 'Confirm your registration at Acme' });
  expect(mail?.text).toContain('http://localhost:4000/confirm?code=abc');
  expect(Date.parse(mail?.createdAt ?? '')).toBeGreaterThan(Date.now() - 5_000);
});

test('mails are listed newest first and found by recipient in any case', async () => {
  for (const to of ['ada@example.com', 'bob@example.com', 'ada@example.com']) {
    await send({ to });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const all = await eventually(async () => ((await mails()).length === 3 ? await mails() : null));
  const times = all.map(({ createdAt }) => createdAt);
  expect(times).toEqual(times.toSorted().reverse());
  expect((await mails('?to=BOB@example.com')).map(({ to }) => to)).toEqual(['bob@example.com']);
});

test('DELETE empties it', async () => {
  await send();
  await eventually(async () => (await mails()).length === 1);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
  expect(await mails()).toEqual([]);
});

test('a browser gets a page that runs nothing of a mail and loads nothing from outside', async () => {
  await send({ tenantName: '<script>alert(1)</script>' });
  const [mail] = await eventually(async () => ((await mails()).length > 0 ? await mails() : null));
  const answer = await fetch(`${url}?message=${mail?.id}`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  const page = await answer.text();
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  expect(page).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"');
  expect(page).not.toContain('<script>alert');
  expect(page).not.toMatch(/(src|href)="https?:/);
});

test('SMS lie beside the mails, found by number', async () => {
  await notification.ask(service, sendSmsDocument, { input: codeSms({ tenantName: '<b>Acme</b>' }) });
  const [sms] = await eventually(async () => {
    const found = await mails(`?to=${encodeURIComponent('+4915112345678')}`);
    return found.length > 0 && found;
  });
  expect(sms).toMatchObject({ channel: 'sms', to: '+4915112345678', subject: '', html: '' });
  expect(sms?.text).toContain('123456 is your code');
  const answer = await fetch(`${url}?message=${sms?.id}`, { headers: { accept: 'text/html' } });
  const page = await answer.text();
  expect(page).toContain('&lt;b&gt;Acme');
  expect(page).not.toContain('<iframe');
});

test('other methods, paths and parameters are refused with a code', async () => {
  const refused = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init);
    const { errors } = (await answer.json()) as { errors: [{ extensions: { code: string } }] };
    return [answer.status, errors[0].extensions.code];
  };
  expect(await refused('', { method: 'PUT' })).toEqual([405, 'METHOD_NOT_ALLOWED']);
  expect(await refused('/deeper')).toEqual([404, 'NOT_FOUND']);
  expect(await refused('?message=1')).toEqual([400, 'BAD_USER_INPUT']);
});
