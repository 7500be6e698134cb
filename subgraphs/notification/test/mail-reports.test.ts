import { newId } from '@gatehouse/data';
import { bounceMail, complaintMail } from '@gatehouse/testkit/mail-reports';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bounceOf, headersOf, type ReportedMails, secret, startReportedMails } from './reported-mails.ts';

let mails: ReportedMails;
beforeAll(async () => {
  mails = await startReportedMails();
});
afterAll(() => mails.stop());

test('a mail takes along what its bounce is known by, and asks for the header alone', async () => {
  const { row, mail } = await mails.send('shape@people.example');
  const reportId = row.id.replaceAll('-', '') + row.report_token;
  expect(mail).toMatchObject({
    from: `bounces+${reportId}@mail.id.example`,
    to: ['shape@people.example'],
    dsn: { ret: 'HDRS', envid: reportId },
  });
  expect(headersOf(mail)).toMatchObject({
    'Message-ID': `<${reportId}@gatehouse>`,
    'X-Gatehouse-Report': reportId,
    From: 'Acme <no-reply@id.example>',
  });
  // SPF and DMARC of a tenant's own domain rest on its own address.
  const tenant = newId();
  mails.notification.tenants.set(tenant, { senderAddress: 'hello@tenant.example', senderName: 'Tenant' });
  expect((await mails.send('shape@people.example', { tenantId: tenant })).mail?.from).toBe(
    'hello@tenant.example',
  );
});

test.each([
  ['is full', { status: '5.2.2' }, 'bounced', '5.2.2'],
  ['was not reached for days', { status: '4.4.7' }, 'bounced', '4.4.7'],
  ['has a server that dislikes us', { status: '5.7.1' }, 'bounced', '5.7.1'],
  ['is late', { action: 'delayed', status: '4.4.1' }, 'sent', '4.4.1'],
  // A forward, or one of a list: its address is not ours to judge.
  ['passes mail on to nobody', { recipient: 'another@people.example' }, 'sent', '5.1.1'],
  ['has got it', { action: 'delivered', status: '2.0.0' }, 'sent', null],
])('a mailbox that %s is recorded, and written to', async (_, given, status, code) => {
  const { id, mail, row } = await mails.send(`soft-${newId()}@people.example`);
  expect(await mails.post(await bounceOf(mail, given))).toBe(204);
  expect(await mails.rowOf(id)).toMatchObject({ status, reason_code: code });
  expect(await mails.suppressionsOf(row.recipient)).toEqual([]);
});

test('a report as a mail server pipes it to a command, behind a line of its own', async () => {
  const { id, mail } = await mails.send(`piped-${newId()}@people.example`);
  const line = Buffer.from('From MAILER-DAEMON  Mon Nov 23 12:00:00 2026\n');
  const piped = (await bounceOf(mail)).toString().replaceAll('\r\n', '\n');
  expect(await mails.post(Buffer.concat([line, Buffer.from(piped)]))).toBe(204);
  expect(await mails.rowOf(id)).toMatchObject({ status: 'bounced', reason_code: '5.1.1' });
});

test('a refusal in our own conversation says as much, where it is about the address', async () => {
  const gone = await mails.send('gone@people.example');
  expect(gone.row).toMatchObject({
    status: 'bounced',
    reason_code: '5.1.1',
    last_error: 'SMTP: 550 5.1.1 to RCPT TO',
    text: null,
  });
  expect((await mails.send('gone@people.example')).row.status).toBe('suppressed');
  // What a relay says to every address when we are the trouble.
  for (const name of ['policy', 'bare']) {
    expect((await mails.send(`${name}@people.example`)).row).toMatchObject({
      status: 'dead',
      reason_code: null,
    });
    expect(await mails.suppressionsOf(`${name}@people.example`)).toEqual([]);
  }
});

test('a report is believed of the mail whose report id it has, and of no address it names', async () => {
  const victim = await mails.send('victim@people.example');
  const own = await mails.send('mallory@people.example');
  const named = { ...headersOf(own.mail), To: 'victim@people.example' };
  const nothing = { To: 'victim@people.example', 'Message-ID': `<${victim.id}@gatehouse>` };
  const guessed = victim.id.replaceAll('-', '') + 'f'.repeat(16);
  const both = {
    ...headersOf(own.mail),
    'Message-ID': headersOf(victim.mail)['Message-ID'] ?? '',
  };
  const recipient = 'victim@people.example';
  for (const forged of [
    await bounceMail({ headers: named, to: 'bounces@mail.id.example', recipient }),
    await bounceMail({ headers: nothing, recipient }),
    await bounceMail({
      headers: {},
      envelopeId: guessed,
      to: `bounces+${guessed}@mail.id.example`,
      recipient,
    }),
    await bounceMail({ headers: both, recipient }),
    await complaintMail({ headers: nothing }),
  ])
    expect(await mails.post(forged)).toBe(204);
  expect((await mails.rowOf(victim.id)).status).toBe('sent');
  expect(await mails.suppressionsOf(recipient)).toEqual([]);
  expect(await mails.suppressionsOf('mallory@people.example')).toEqual([]);
});

test('a report of long ago, and one of a mail that nobody tried to send, change nothing', async () => {
  const { id, mail } = await mails.send('late@people.example');
  await mails.query("update delivery set created_at = now() - interval '15 days' where id = $1", [id]);
  expect(await mails.post(await bounceOf(mail))).toBe(204);
  expect((await mails.rowOf(id)).status).toBe('sent');
  // A complaint has more time.
  expect(await mails.post(await complaintMail({ headers: headersOf(mail) }))).toBe(204);
  expect((await mails.rowOf(id)).status).toBe('complained');
});

test('reports are taken from whoever has the secret, one mail at a time, and of a size', async () => {
  const { id, mail } = await mails.send('guarded@people.example');
  const bounce = await bounceOf(mail);
  const refused: [string, number, Buffer | string, Record<string, string>][] = [
    ['no secret', 401, bounce, { authorization: '' }],
    ['another', 401, bounce, { authorization: `Bearer ${secret}x` }],
    ['a part of it', 401, bounce, { authorization: `Bearer ${secret.slice(0, -1)}` }],
    ['another scheme', 401, bounce, { authorization: `Basic ${btoa(`x:${secret}`)}` }],
    ['JSON', 415, bounce, { 'content-type': 'application/json' }],
    ['no mail', 400, '\r\n\r\nhello', {}],
    ['nothing', 400, '', {}],
    ['a body without a header', 400, ': x\r\n\r\nhello', {}],
    ['too much', 413, Buffer.concat([bounce, Buffer.alloc(131_072, 'x')]), {}],
  ];
  for (const [how, status, body, headers] of refused)
    expect(await mails.post(body, headers), how).toBe(status);
  const authorization = `Bearer ${secret}`;
  expect((await fetch(mails.url, { headers: { authorization } })).status).toBe(405);
  expect((await fetch(`${mails.url}/1`, { method: 'POST', headers: { authorization } })).status).toBe(404);
  expect((await mails.rowOf(id)).status).toBe('sent');
  // Strangers write what is passed on: the mail server would try such a mail for days.
  const nested = Array.from(
    { length: 50 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
  );
  expect(await mails.post(nested.join(''))).toBe(204);
  const noUtf8 = Buffer.concat([bounce, Buffer.from([0xff, 0xfe])]);
  expect(await Promise.all([mails.post(noUtf8), mails.post(noUtf8), mails.post(bounce)])).toEqual([
    204, 204, 204,
  ]);
  expect((await mails.rowOf(id)).status).toBe('bounced');
  expect(await mails.suppressionsOf('guarded@people.example')).toHaveLength(1);
});
