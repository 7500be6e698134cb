import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messages } from '../src/queries/mailbox.ts';
import {
  confirmation,
  eventually,
  sendMailDocument,
  service,
  signedIn,
  startNotification,
  type TestNotification,
} from './harness.ts';

let notification: TestNotification;
beforeAll(async () => {
  notification = await startNotification();
});
afterAll(() => notification.stop());

const send = (input: Record<string, unknown>) => notification.ask(service, sendMailDocument, { input });
const mailsTo = (to: string) => messages(notification.deps.database.db, { to });

test('one mail per idempotency key, however often it is asked for', async () => {
  const input = confirmation({ to: 'once@example.com' });
  await Promise.all(Array.from({ length: 10 }, () => send(input)));
  await send({ ...input, tenantName: 'Another' });
  await send(confirmation({ to: 'last@example.com' }));
  await eventually(async () => (await mailsTo('last@example.com')).length > 0);
  expect(await mailsTo('once@example.com')).toHaveLength(1);
});

test('after sending nothing of the message is kept but its subject', async () => {
  const input = confirmation({ to: 'secret@example.com' });
  await send(input);
  const record = () =>
    notification.deps.database.pool
      .query("select * from delivery where recipient = 'secret@example.com'")
      .then(({ rows }) => rows[0]);
  const row = await eventually(async () => ((await record())?.status === 'sent' ? record() : null));
  expect(row).toMatchObject({ html: null, text: null, attempts: 1, template: 'CONFIRM_REGISTRATION' });
  expect(JSON.stringify(row)).not.toContain('code=');
});

test('addresses and parameters that break a rule are refused, and named', async () => {
  const fieldsOf = async (given: Record<string, unknown>) => {
    const { errors } = await send(confirmation(given));
    const { code, fields } = (errors?.[0]?.extensions ?? {}) as {
      code?: string;
      fields?: { path: string }[];
    };
    return [code, ...(fields ?? []).map(({ path }) => path)];
  };
  const addresses = [
    '',
    'nobody',
    'a@b@c',
    'a@b.example, c@d.example',
    'Ada <a@b.example>',
    'a@b.example\r\nBcc: c@d.example',
    '"c@d.example x"@b.example',
    `${'x'.repeat(250)}@b.example`,
  ];
  for (const to of addresses) expect(await fieldsOf({ to }), to).toEqual(['BAD_USER_INPUT', 'to']);
  const link = 'http://localhost/x';
  const expiresAt = new Date().toISOString();
  expect(await fieldsOf({ parameters: { link } })).toEqual(['BAD_USER_INPUT', 'parameters.expiresAt']);
  expect(await fieldsOf({ parameters: { link: 'javascript:alert(1)', expiresAt } })).toEqual([
    'BAD_USER_INPUT',
    'parameters.link',
  ]);
  expect(await fieldsOf({ parameters: 'none' })).toEqual(['BAD_USER_INPUT', 'parameters']);
});

test('only services send mails', async () => {
  const somebody = signedIn({ tenantId: newId(), userId: newId() });
  const answer = await notification.ask(somebody, sendMailDocument, { input: confirmation() });
  expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});
