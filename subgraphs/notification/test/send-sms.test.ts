import { newId } from '@gatehouse/data';
import { createLogger } from '@gatehouse/service-kit';
import { afterEach, expect, test } from 'vitest';
import { messages } from '../src/queries/mailbox.ts';
import {
  codeSms,
  confirmation,
  eventually,
  sendMailDocument,
  sendSmsDocument,
  service,
  signedIn,
  startNotification,
  type TestNotification,
} from './harness.ts';
import { messagingServiceSid, startTwilio, type TestTwilio } from './twilio-server.ts';

let notification: TestNotification | undefined;
let twilio: TestTwilio | undefined;

afterEach(async () => {
  await notification?.stop();
  await twilio?.stop();
  notification = twilio = undefined;
});

const ask = (given: Record<string, unknown> = {}, caller = service) => {
  if (!notification) throw new Error('not started');
  return notification.ask(caller, sendSmsDocument, { input: codeSms(given) });
};
const rows = async () =>
  (await notification?.deps.database.pool.query('select * from delivery order by created_at'))?.rows ?? [];
const settled = (status: string) =>
  eventually(async () => {
    const found = await rows();
    return found.length > 0 && found.every((row) => row.status === status) && found;
  });

const publicUrl = 'https://id.acme.example';
const quick = { firstRetryMs: 10, maxRetryMs: 20, pollMs: 10 };

test('an SMS arrives at Twilio as its API wants it, once per idempotency key', async () => {
  twilio = await startTwilio();
  notification = await startNotification({ twilio: twilio.config, publicUrl });
  const key = newId();
  await Promise.all(Array.from({ length: 10 }, () => ask({ idempotencyKey: key })));
  const [row] = await settled('sent');
  expect(twilio.received).toEqual([
    {
      sid: row.provider_id,
      To: '+4915112345678',
      From: '+15005550006',
      Body: '123456 is your code for Acme. Tell it to nobody.\n\n@acme.example #123456',
      StatusCallback: `${publicUrl}/sms/status/${row.id}`,
      ValidityPeriod: expect.stringMatching(/^(600|59\d)$/),
    },
  ]);
  expect(row).toMatchObject({
    channel: 'sms',
    template: 'SIGN_IN_CODE',
    text: null,
    html: null,
    attempts: 1,
  });
});

test('a messaging service can send, and where nobody can reach us no report is asked for', async () => {
  twilio = await startTwilio();
  notification = await startNotification({ twilio: { ...twilio.config, from: { messagingServiceSid } } });
  await ask();
  await settled('sent');
  expect(twilio.received[0]).toMatchObject({ MessagingServiceSid: messagingServiceSid });
  expect(Object.keys(twilio.received[0] ?? {})).not.toContain('From');
  expect(Object.keys(twilio.received[0] ?? {})).not.toContain('StatusCallback');
});

test('a number that can not be reached is given up at once, what is ours to mend is tried again', async () => {
  twilio = await startTwilio((to, attempt) => {
    if (to === '+4915112345679') return { status: 400, code: 21610 };
    if (attempt === 2) return { status: 401, code: 20003 };
    return attempt === 3 ? { status: 429, code: 20429 } : undefined;
  });
  const lines: string[] = [];
  const logger = createLogger({ name: 'test', level: 'debug' }, { write: (line) => void lines.push(line) });
  notification = await startNotification({ ...quick, twilio: twilio.config, logger });
  await ask({ to: '+4915112345679' });
  const [dead] = await settled('dead');
  expect(dead).toMatchObject({ attempts: 1, last_error: 'Twilio: 400 21610' });
  await ask();
  await eventually(async () => twilio?.received.length === 1);
  await eventually(async () =>
    (await rows()).some(({ status, attempts }) => status === 'sent' && attempts === 3),
  );
  // Twilio's errors say what was asked of it; the log does not.
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join('')).not.toMatch(/123456|4915112345679|authorization|auth token/i);
});

test('a code that came too late is not sent any more', async () => {
  twilio = await startTwilio(() => ({ status: 500, code: 20500 }));
  notification = await startNotification({ ...quick, twilio: twilio.config });
  const expiresAt = new Date(Date.now() + 60).toISOString();
  await ask({ parameters: { code: '123456', expiresAt, host: 'acme.example' } });
  const [row] = await settled('dead');
  expect(row.last_error).toBe('it came too late');
});

test('an outage of Twilio holds no mail up', async () => {
  const gone = await startTwilio();
  await gone.stop();
  notification = await startNotification({ ...quick, concurrency: 1, twilio: gone.config });
  await Promise.all(Array.from({ length: 5 }, () => ask()));
  await notification.ask(service, sendMailDocument, { input: confirmation() });
  await eventually(async () => {
    const found = await rows();
    const sms = found.filter(({ channel }) => channel === 'sms');
    return (
      found.some(({ channel, status }) => channel === 'email' && status === 'sent') &&
      sms.every(({ last_error: error }) => error === 'Twilio: ECONNREFUSED')
    );
  });
});

test('without Twilio it lands in the mailbox', async () => {
  notification = await startNotification();
  await ask({ locale: 'de-AT', tenantName: 'Praxis\n„Süd“' });
  const { db } = notification.deps.database;
  const [sms] = await eventually(async () => {
    const found = await messages(db, { to: '+4915112345678' });
    return found.length > 0 && found;
  });
  expect(sms).toMatchObject({
    channel: 'sms',
    text: '123456 ist Ihr Code für Praxis „Süd“. Sagen Sie ihn niemandem.\n\n@acme.example #123456',
    subject: '',
    html: '',
  });
});

test('in production without Twilio it is refused, and nothing is kept', async () => {
  notification = await startNotification({ developmentMailbox: false });
  expect((await ask()).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect(await rows()).toEqual([]);
});

test('numbers and parameters that break a rule are refused, and only services send', async () => {
  notification = await startNotification();
  const fieldsOf = async (given: Record<string, unknown>) => {
    const { code, fields } = ((await ask(given)).errors?.[0]?.extensions ?? {}) as {
      code?: string;
      fields?: { path: string }[];
    };
    return [code, ...(fields ?? []).map(({ path }) => path)];
  };
  for (const to of ['', '015112345678', '+0151', '+49 151 12345678', '+49151123456781234', 'a@b.example']) {
    expect(await fieldsOf({ to }), to).toEqual(['BAD_USER_INPUT', 'to']);
  }
  const expiresAt = new Date().toISOString();
  expect(await fieldsOf({ parameters: { code: 'x', expiresAt, host: 'a b' } })).toEqual([
    'BAD_USER_INPUT',
    'parameters.code',
    'parameters.host',
  ]);
  const somebody = signedIn({ tenantId: newId(), userId: newId() });
  expect((await ask({}, somebody)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect(await rows()).toEqual([]);
});
