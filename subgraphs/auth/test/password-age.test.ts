import { Browser } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let root: ReturnType<typeof as>;
beforeAll(async () => {
  auth = await startAuth();
  await auth.account('root', { permissions: ['tenant-settings:write'] });
  root = as(await auth.principal((await auth.login('root')).accessToken));
});
afterAll(() => auth.stop());

const inForce = async (wanted: { passwordMaxAgeDays: number | null; passwordHistory?: number }) => {
  await auth.ask(
    root,
    'mutation ($input: SetLoginPolicyInput!) { setLoginPolicy(input: $input) { policy { passwordMinLength } } }',
    { input: wanted },
  );
  await vi.waitFor(
    async () => expect(await auth.services.policies.of(auth.tenant.id)).toMatchObject(wanted),
    5_000,
  );
};
beforeEach(() => inForce({ passwordMaxAgeDays: null }));

const problemOf = ({ errors }: Awaited<ReturnType<typeof auth.ask>>) => {
  const [field] = (errors?.[0]?.extensions.fields ?? []) as { path: string; reason?: string }[];
  return errors ? `${errors[0]?.extensions.code} ${field?.path} ${field?.reason}` : null;
};

describe('a password that is too old', () => {
  const age = (userId: string, days: number) =>
    auth.deps.database.pool.query(
      `update auth.credential set changed_at = now() - make_interval(days => $2::int) where user_id = $1`,
      [userId, days],
    );
  const login = async (identifier: string, text = password) =>
    (
      await auth.ask(
        anonymous(),
        'mutation ($input: LoginInput!) { login(input: $input) { __typename ... on PasswordExpired { codeExpiresAt } } }',
        { input: { identifier, password: text } },
      )
    ).data?.login;
  const resetMails = (to: string) =>
    auth.mails.filter((mail) => mail.to === to && mail.template === 'RESET_PASSWORD');

  it('opens no session before a new one is chosen, by the mailed link', async () => {
    const old = await auth.account('old');
    await age(old.userId, 400);
    expect(await login('old')).toEqual({ __typename: 'TokenSet' });
    await inForce({ passwordMaxAgeDays: 365, passwordHistory: 1 });
    const sessions = async () =>
      (await auth.deps.database.pool.query('select id from auth.session where user_id = $1', [old.userId]))
        .rows.length;
    const before = await sessions();
    expect(await login('old')).toEqual({ __typename: 'PasswordExpired', codeExpiresAt: expect.any(String) });
    expect(await login('old')).toMatchObject({ __typename: 'PasswordExpired' });
    expect(await login('old', 'not the right one')).toBeUndefined();
    expect(await sessions()).toBe(before);
    expect(await auth.securityEvents(old.userId)).toContain('PASSWORD_EXPIRED');
    await vi.waitFor(() => expect(resetMails(old.email)).toHaveLength(1), 5_000);
    const code = new URL(resetMails(old.email)[0]?.parameters.link ?? '').searchParams.get('code');
    const reset = (text: string) =>
      auth.ask(
        anonymous(),
        'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }',
        { input: { code, password: text } },
      );
    expect(problemOf(await reset(password))).toBe('BAD_USER_INPUT password used_before');
    expect(problemOf(await reset('a new horse of mine'))).toBeNull();
    expect(await login('old', 'a new horse of mine')).toEqual({ __typename: 'TokenSet' });
    await age(old.userId, 364);
    expect(await login('old', 'a new horse of mine')).toEqual({ __typename: 'TokenSet' });
  });

  it('is asked for on the page, too', async () => {
    await auth.account('keeper', { permissions: ['clients:write'] });
    const keeper = as(await auth.principal((await auth.login('keeper')).accessToken));
    const { data } = await auth.ask(
      keeper,
      'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
      {
        input: {
          name: 'Chart',
          scopes: [],
          grantTypes: ['AUTHORIZATION_CODE'],
          authMethod: 'NONE',
          redirectUris: ['https://app.example.com/callback'],
        },
      },
    );
    const { userId } = await auth.account('paged');
    await age(userId, 31);
    await inForce({ passwordMaxAgeDays: 30 });
    const origin = auth.deps.publicUrl;
    const browser = new Browser({
      origin,
      fetch: ((url: string, init: RequestInit) =>
        fetch(url.replace(origin, auth.base), init)) as unknown as ConstructorParameters<
        typeof Browser
      >[0]['fetch'],
    });
    const page = await browser.open(
      `${origin}/oauth2/authorize?${new URLSearchParams({
        client_id: data.createClient.client.id,
        response_type: 'code',
        redirect_uri: 'https://app.example.com/callback',
        scope: 'openid',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      })}`,
    );
    const answer = await browser.submit(page, { identifier: 'paged', password }, '/login');
    expect(answer.text).toContain('Your password is too old');
    const script = await browser.request(`${new URL(page.url).pathname}/login`, {
      method: 'POST',
      body: JSON.stringify({ identifier: 'paged', password }),
      headers: { accept: 'application/json', 'content-type': 'application/json', origin },
    });
    expect(JSON.parse(script.text)).toMatchObject({ prompt: 'password_expired' });
    expect(await auth.securityEvents(userId)).not.toContain('LOGIN_SUCCEEDED');
  });

  it('is asked for before a second factor, and leads round none', async () => {
    const mfa = mfaOf(auth);
    const { subject } = await mfa.enrolled('strong');
    await age(subject.userId, 31);
    await inForce({ passwordMaxAgeDays: 30 });
    expect(await login('strong')).toMatchObject({ __typename: 'PasswordExpired' });
    await vi.waitFor(() => expect(resetMails(subject.email)).toHaveLength(1), 5_000);
    const code = new URL(resetMails(subject.email)[0]?.parameters.link ?? '').searchParams.get('code');
    await auth.ask(
      anonymous(),
      'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }',
      { input: { code, password: 'a new horse of mine' } },
    );
    expect(await login('strong', 'a new horse of mine')).toEqual({ __typename: 'MfaChallenge' });
  });
});
