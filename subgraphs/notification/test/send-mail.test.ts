import { newId } from '@gatehouse/data';
import { announceTenantChange } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messages } from '../src/queries/mailbox.ts';
import { openTenantBrands } from '../src/tenant-brands.ts';
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

test('a mail looks like its tenant and comes from whom the tenant says, once it says so', async () => {
  const tenantId = newId();
  const mailTo = async (to: string) => {
    await send(confirmation({ tenantId, to }));
    const [mail] = await eventually(async () => ((await mailsTo(to)).length > 0 ? mailsTo(to) : null));
    return mail;
  };
  const plain = await mailTo('plain@example.com');
  expect(plain?.sender).toBe('Gatehouse <no-reply@localhost>');
  expect(plain?.html).not.toContain('<img');

  notification.tenants.set(tenantId, {
    primaryColor: '#ffee00',
    onPrimaryColor: '#000000',
    logoUrl: 'https://cdn.example/logo.png?a=1&b="2"',
    supportUrl: 'mailto:help@clinic.example',
    senderName: 'Clinic, Wave',
    senderAddress: 'id@clinic.example',
  });
  await announceTenantChange(notification.deps.pubSub, { tenantId });
  const branded = await eventually(async () => {
    const mail = await mailTo(`branded.${newId()}@example.com`);
    return mail?.html.includes('<img') ? mail : null;
  });
  expect(branded.sender).toBe('Clinic, Wave <id@clinic.example>');
  expect(branded.html).toContain('background-color:#ffee00');
  expect(branded.html).toContain('<img src="https://cdn.example/logo.png?a=1&amp;b=&#34;2&#34;" alt="Acme"');
  expect(branded.html).toContain('<a href="mailto:help@clinic.example">Help</a>');
});

test('a mail goes out plain while its tenant can not be asked', async () => {
  const brands = openTenantBrands({
    logger: notification.deps.logger,
    call: () => Promise.reject(new Error('the user subgraph is away')),
  });
  expect(await brands.of(newId())).toMatchObject({ logoUrl: null, senderAddress: null });
});
