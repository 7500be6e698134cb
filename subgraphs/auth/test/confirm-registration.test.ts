import { newId } from '@gatehouse/data';
import { serviceCaller } from '@gatehouse/identity';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { anonymous, password, startAuth, type TestAuth, until } from './harness.ts';
import type { Subject } from './user-subgraph.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterEach(() => {
  auth.failing.clear();
  auth.onMail.run = undefined;
});
afterAll(() => auth.stop());

const inputOf = (text: string) => ({
  tenantId: auth.tenant.id,
  password: text,
  about: { email: 'barbara@example.com', tenantName: 'Acme' },
});
const prepare = async (text: string) =>
  (
    await auth.ask(
      serviceCaller('user'),
      'mutation ($p: PreparePasswordInput!) { preparePassword(input: $p) }',
      {
        p: inputOf(text),
      },
    )
  ).data.preparePassword as string;

/** What the user subgraph publishes when somebody registers. */
async function register(
  name: string,
  metadata: Record<string, string> = {},
  registrationMethod: 'email' | 'admin' = 'email',
): Promise<Subject> {
  const subject = auth.person(name, { status: 'PENDING' });
  await auth.deps.bus.publish([created(subject, metadata, registrationMethod)]);
  return subject;
}

const created = (subject: Subject, metadata: Record<string, string>, registrationMethod: string) => ({
  specversion: '1.0' as const,
  id: newId(),
  source: '/gatehouse/user',
  type: 'user.created',
  subject: subject.userId,
  time: new Date().toISOString(),
  datacontenttype: 'application/json' as const,
  tenantid: subject.tenantId,
  data: {
    userId: subject.userId,
    email: subject.email,
    username: subject.username,
    role: 'self-registration',
    registrationMethod,
    metadata,
  },
});

const mailTo = (subject: Subject, count = 1) =>
  until(() => auth.mails.filter(({ to }) => to === subject.email)[count - 1]);
const codeOf = (link: string | undefined) => new URL(link ?? '').searchParams.get('code') ?? '';

const confirm = (input: { code: string; password?: string }, caller = anonymous()) =>
  auth.ask(
    caller,
    `mutation ($input: ConfirmRegistrationInput!) {
       confirmRegistration(input: $input) { ... on TokenSet { accessToken sessionId } } }`,
    { input },
  );

it('mails a code, which confirms once and signs in', async () => {
  const ada = await register('ada', { credentialRef: await prepare(password) });
  const mail = await mailTo(ada);
  expect(mail).toMatchObject({ template: 'CONFIRM_REGISTRATION', userId: ada.userId });
  expect(mail.parameters.link).toMatch(/^http:\/\/localhost:4000\/confirm\?code=[\w-]{43}$/);
  const days = (new Date(mail.parameters.expiresAt ?? '').getTime() - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6.99);
  expect(days).toBeLessThanOrEqual(7);

  const code = codeOf(mail.parameters.link);
  const { data } = await confirm({ code });
  expect(await auth.principal(data.confirmRegistration.accessToken)).toMatchObject({ userId: ada.userId });
  expect(ada.status).toBe('ACTIVE');
  expect((await confirm({ code })).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  await auth.login('ada');
  expect(await auth.securityEvents(ada.userId)).toEqual([
    'REGISTRATION_CONFIRMED',
    'LOGIN_SUCCEEDED',
    'LOGIN_SUCCEEDED',
  ]);
});

it('asks for a password when none was given, and leaves the code good when it is refused', async () => {
  const grace = await register('grace', { requestedUsernameTaken: 'true' }, 'admin');
  const mail = await mailTo(grace);
  expect(mail.template).toBe('INVITATION');
  expect(mail.parameters.requestedUsernameTaken).toBe('true');
  const code = codeOf(mail.parameters.link);
  const refused = async (text?: string) =>
    (await confirm({ code, ...(text !== undefined && { password: text }) })).errors?.[0]?.extensions;
  expect(await refused()).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'password' }] });
  for (const text of ['short', 'ü'.repeat(37), 'GRACE@example.com']) {
    expect(await refused(text)).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'password' }] });
  }
  expect((await confirm({ code }, anonymous('clinicwave.com'))).errors?.[0]?.extensions.code).toBe(
    'INVALID_CODE',
  );
  expect((await confirm({ code, password })).errors).toBeUndefined();
  await auth.login('grace');
});

it('has confirmed for good once the code is used, even if the other half fails', async () => {
  const tim = await register('tim', { credentialRef: await prepare(password) });
  const code = codeOf((await mailTo(tim)).parameters.link);
  auth.failing.add('CompleteRegistration');
  await expect(confirm({ code })).rejects.toThrow('CompleteRegistration fails');
  auth.failing.delete('CompleteRegistration');
  // What the user subgraph completes the registration by.
  await until(async () => {
    const { rows } = await auth.deps.database.pool.query(
      `select 1 from platform.event where envelope->>'type' = 'auth.registration_confirmed'
         and envelope->'data'->>'userId' = $1`,
      [tim.userId],
    );
    return rows.length === 1;
  });
  tim.status = 'ACTIVE';
  await auth.login('tim');
  expect((await confirm({ code })).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
});

it('does not let a confirmation code reset the password of an active account', async () => {
  const leo = await register('leo', { credentialRef: await prepare(password) });
  const code = codeOf((await mailTo(leo)).parameters.link);
  leo.status = 'ACTIVE';
  expect((await confirm({ code, password: 'a password of a thief' })).errors?.[0]?.extensions.code).toBe(
    'INVALID_CODE',
  );
  await auth.login('leo');
});

it('lets exactly one of 50 parallel uses of a code win', async () => {
  const alan = await register('alan');
  const code = codeOf((await mailTo(alan)).parameters.link);
  const answers = await Promise.all(Array.from({ length: 50 }, () => confirm({ code, password })));
  expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  expect(new Set(answers.map(({ errors }) => errors?.[0]?.extensions.code))).toEqual(
    new Set([undefined, 'INVALID_CODE']),
  );
  expect(await auth.securityEvents(alan.userId)).toEqual(['REGISTRATION_CONFIRMED', 'LOGIN_SUCCEEDED']);
});

it('sends one mail with one code however often the event comes, also after a failure', async () => {
  const edsger = auth.person('edsger', { status: 'PENDING' });
  const event = created(edsger, {}, 'email');
  auth.failing.add('SendMail');
  await auth.deps.bus.publish([event]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  auth.failing.delete('SendMail');
  const mail = await mailTo(edsger);
  await auth.deps.bus.publish([event]);
  expect((await confirm({ code: codeOf(mail.parameters.link), password })).errors).toBeUndefined();
  expect(auth.mails.filter(({ to }) => to === edsger.email)).toHaveLength(1);
});

it('resends with a new code, which revokes the older', async () => {
  const kurt = await register('kurt');
  const older = codeOf((await mailTo(kurt)).parameters.link);
  const resend = (email: string) =>
    auth.ask(
      anonymous(),
      'mutation ($input: ResendConfirmationInput!) { resendConfirmation(input: $input) { email codeExpiresAt } }',
      { input: { email } },
    );
  const { data } = await resend(kurt.email);
  expect(data.resendConfirmation.email).toBe(kurt.email);
  const newer = codeOf((await mailTo(kurt, 2)).parameters.link);
  expect(newer).not.toBe(older);
  expect((await confirm({ code: older, password })).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  expect((await confirm({ code: newer, password })).errors).toBeUndefined();
  // For an account that is confirmed, and for nobody, the same answer and no mail.
  expect(Object.keys((await resend(kurt.email)).data.resendConfirmation)).toEqual(['email', 'codeExpiresAt']);
  expect(Object.keys((await resend('nobody@example.com')).data.resendConfirmation)).toEqual([
    'email',
    'codeExpiresAt',
  ]);
  await until(async () => {
    const { rows } = await auth.deps.database.pool.query('select count(*)::int as n from auth.mail_request');
    return rows[0].n === 0;
  });
  expect(auth.mails.filter(({ to }) => to === kurt.email)).toHaveLength(2);
});

it('mails another link to who registers again before confirming, in place of the first', async () => {
  const again = auth.person('again', { status: 'PENDING' });
  const attempt = { type: 'user.registration_attempted', data: { userId: again.userId } };
  const events = [{}, attempt, attempt].map((values) => ({ ...created(again, {}, 'email'), ...values }));
  await auth.deps.bus.publish(events);
  const [first, second] = [await mailTo(again), await mailTo(again, 2)].map(({ parameters }) =>
    codeOf(parameters.link),
  );
  expect((await confirm({ code: first ?? '', password })).errors?.[0]?.extensions.code).toBe('INVALID_CODE');
  expect((await confirm({ code: second ?? '', password })).errors).toBeUndefined();
  expect(auth.mails.filter(({ to }) => to === again.email)).toHaveLength(2);
});

it('tells the owner of a taken address, at most once an hour', async () => {
  const barbara = await auth.account('barbara');
  const attempted = () => ({
    ...created(barbara, {}, 'email'),
    type: 'user.registration_attempted',
    data: { userId: barbara.userId },
  });
  await auth.deps.bus.publish([attempted()]);
  const mail = await mailTo(barbara);
  expect(mail.template).toBe('ADDRESS_ALREADY_REGISTERED');
  expect(mail.parameters.link).toBe('http://localhost:4000/');
  await auth.deps.bus.publish([attempted(), attempted()]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(auth.mails.filter(({ to }) => to === barbara.email)).toHaveLength(1);
});

it('refuses passwords that break a rule before anything is stored', async () => {
  for (const text of ['short', 'x'.repeat(73), 'with a NUL \0 inside']) {
    const { errors } = await auth.ask(
      serviceCaller('user'),
      'mutation ($p: PreparePasswordInput!) { preparePassword(input: $p) }',
      { p: inputOf(text) },
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'password' }] });
  }
  expect(
    await auth.refusal(
      anonymous(),
      'mutation { preparePassword(input: { tenantId: "x", password: "long enough one", about: { email: "a", tenantName: "b" } }) }',
    ),
  ).toBe('FORBIDDEN');
});

it('commits what a link needs before the mail leaves, for a registration and for a resent link', async () => {
  const credentialRef = await prepare(password);
  const outcomes: (string | null)[] = [];
  auth.onMail.run = async ({ parameters }) => {
    const { errors } = await confirm({ code: codeOf(parameters.link) });
    outcomes.push(errors?.[0]?.extensions.code ?? null);
  };
  await register('quick', { credentialRef });
  await until(() => outcomes.length === 1);

  auth.onMail.run = undefined;
  const slow = await register('slow');
  await mailTo(slow);
  auth.onMail.run = async ({ parameters }) => {
    const { errors } = await confirm({ code: codeOf(parameters.link), password });
    outcomes.push(errors?.[0]?.extensions.code ?? null);
  };
  await auth.ask(
    anonymous(),
    'mutation ($input: ResendConfirmationInput!) { resendConfirmation(input: $input) { email } }',
    { input: { email: slow.email } },
  );
  await until(() => outcomes.length === 2);
  expect(outcomes).toEqual([null, null]);
});
