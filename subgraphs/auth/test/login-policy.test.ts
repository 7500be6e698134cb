import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { serviceCaller } from '@gatehouse/identity';
import { closeServer, listen } from '@gatehouse/service-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
let root: ReturnType<typeof as>;
let ranges: Server;
let rangesUrl: string;
let answerRange: (prefix: string) => string | null;
const asked: string[] = [];

beforeAll(async () => {
  ranges = createServer((request, response) => {
    const prefix = request.url?.split('/').at(-1) ?? '';
    asked.push(prefix);
    const body = answerRange(prefix);
    if (body !== null) response.end(body);
    else response.writeHead(500).end();
  });
  rangesUrl = `http://127.0.0.1:${await listen(ranges, { port: 0, host: '127.0.0.1' })}/range`;
  auth = await startAuth({ outgoingPrivate: true, passwordMinLength: 8 });
  await auth.account('root', { permissions: ['tenant-settings:read', 'tenant-settings:write'] });
  root = as(await auth.principal((await auth.login('root')).accessToken));
});
afterAll(async () => {
  await auth.stop();
  await closeServer(ranges, 100);
});

const fields = `selfRegistration passwordSignIn rememberedDevices sessionIdleSeconds sessionAbsoluteSeconds maxSessions
  passwordMinLength passwordHistory passwordMaxAgeDays refuseCommonPasswords breachedPasswordsUrl`;
const set = (input: Record<string, unknown>, by = root) =>
  auth.ask(
    by,
    `mutation ($input: SetLoginPolicyInput!) { setLoginPolicy(input: $input) { policy { ${fields} } } }`,
    {
      input,
    },
  );
const inForce = async (wanted: Record<string, unknown>) => {
  const { errors } = await set(wanted);
  if (errors) throw new Error(JSON.stringify(errors));
  await vi.waitFor(
    async () => expect(await auth.services.policies.of(auth.tenant.id)).toMatchObject(wanted),
    5_000,
  );
};
const standard = {
  selfRegistration: true,
  passwordSignIn: true,
  rememberedDevices: true,
  maxSessions: null,
  passwordHistory: 0,
  passwordMaxAgeDays: null,
  refuseCommonPasswords: true,
  breachedPasswordsUrl: null,
};
beforeEach(() => inForce(standard));

const change = (caller: ReturnType<typeof as>, currentPassword: string, newPassword: string) =>
  auth.ask(
    caller,
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }',
    { input: { currentPassword, newPassword } },
  );
const problemOf = ({ errors }: Awaited<ReturnType<typeof auth.ask>>) => {
  const [error] = errors ?? [];
  const [field] = (error?.extensions.fields ?? []) as { path: string; reason?: string }[];
  return error ? `${error.extensions.code} ${field?.path} ${field?.reason ?? ''}`.trim() : null;
};
const someone = async (name: string, values = {}) => {
  await auth.account(name, values);
  return as(await auth.principal((await auth.login(name)).accessToken));
};

describe('the policy', () => {
  it('is the installation’s until the tenant says otherwise, and never looser', async () => {
    const { data } = await auth.ask(root, `{ loginPolicy { ${fields} } }`);
    const { sessionIdleTtl, sessionAbsoluteTtl } = auth.deps.config;
    expect(data.loginPolicy).toEqual({
      ...standard,
      passwordMinLength: 8,
      sessionIdleSeconds: sessionIdleTtl,
      sessionAbsoluteSeconds: sessionAbsoluteTtl,
    });
    for (const [input, path] of [
      [{ sessionIdleSeconds: sessionIdleTtl + 1 }, 'sessionIdleSeconds'],
      [{ sessionIdleSeconds: 60 }, 'sessionIdleSeconds'],
      [{ sessionAbsoluteSeconds: sessionAbsoluteTtl + 1 }, 'sessionAbsoluteSeconds'],
      [{ passwordMinLength: 7 }, 'passwordMinLength'],
      [{ passwordMinLength: 65 }, 'passwordMinLength'],
      [{ passwordHistory: 11 }, 'passwordHistory'],
      [{ maxSessions: 0 }, 'maxSessions'],
      [{ passwordMaxAgeDays: 0 }, 'passwordMaxAgeDays'],
      [{ breachedPasswordsUrl: 'ftp://a.example' }, 'breachedPasswordsUrl'],
    ] as const)
      expect(problemOf(await set(input))).toBe(`BAD_USER_INPUT ${path}`);
  });

  it('tells forms what they need, without a token', async () => {
    await inForce({ passwordMinLength: 14, selfRegistration: false });
    const { data } = await auth.ask(
      anonymous(),
      '{ signInOptions { selfRegistration passwordSignIn passwordMinLength passwordMaxBytes } }',
    );
    expect(data.signInOptions).toEqual({
      selfRegistration: false,
      passwordSignIn: true,
      passwordMinLength: 14,
      passwordMaxBytes: 72,
    });
    await inForce({ passwordMinLength: 8 });
  });

  it('of another tenant is changed by administrators of the installation alone', async () => {
    const tenantId = auth.otherTenant.id;
    expect(problemOf(await set({ tenantId, maxSessions: 1 }))).toMatch(/^FORBIDDEN/);
    const operator = as({ ...(root.principal as never as object), permissions: ['tenants:write'] } as never);
    expect((await set({ tenantId, passwordHistory: 2 }, operator)).errors).toBeUndefined();
    await auth.account('olga', { tenantId, permissions: ['tenants:write', 'tenant-settings:write'] });
    const olga = as({
      ...(root.principal as never as object),
      tenantId,
      permissions: ['tenants:write', 'tenant-settings:write'],
    } as never);
    expect(problemOf(await set({ tenantId: auth.tenant.id, maxSessions: 1 }, olga))).toMatch(/^FORBIDDEN/);
  });
});

describe('a password', () => {
  it.each([
    ['Password2026!', 'too_common'],
    ['qwertyuiop', 'too_common'],
    ['111111111111', 'too_common'],
    ['dragondragon', 'too_common'],
    ['Lovelace-1815', 'about_you'],
    ['adalovelace', 'about_you'],
    ['default2026', 'about_you'],
  ])('%s is refused as %s', async (chosen, reason) => {
    const ada = await someone(`ada-${chosen.length}-${reason.length}-${chosen.charCodeAt(0)}`);
    expect(problemOf(await change(ada, password, chosen))).toBe(`BAD_USER_INPUT newPassword ${reason}`);
  });

  it('is refused as somebody’s e-mail address in whatever case, and taken when it is merely unusual', async () => {
    const grace = await someone('grace.hopper');
    expect(problemOf(await change(grace, password, 'Grace.Hopper@Example.com'))).toContain('about_you');
    expect(problemOf(await change(grace, password, 'a compiler for everybody'))).toBeNull();
  });

  it('is refused while it is one of the last, on every way to set it, and only then', async () => {
    await inForce({ passwordHistory: 3 });
    const alan = await someone('alan');
    const [a, b, c, d] = [password, 'bombe at bletchley', 'colossus of wires', 'delilah of voices'] as const;
    expect(problemOf(await change(alan, a, b))).toBeNull();
    expect(problemOf(await change(alan, b, c))).toBeNull();
    expect(problemOf(await change(alan, c, a))).toBe('BAD_USER_INPUT newPassword used_before');
    expect(problemOf(await change(alan, c, b))).toBe('BAD_USER_INPUT newPassword used_before');
    expect(problemOf(await change(alan, c, d))).toBeNull();
    expect(problemOf(await change(alan, d, a))).toBeNull();
  });

  it('tells nothing of former ones to who does not know the current one', async () => {
    await inForce({ passwordHistory: 3 });
    const eve = await someone('eve');
    await change(eve, password, 'the second of mine');
    const { errors } = await change(eve, 'not the current one', password);
    expect(errors?.[0]?.extensions.code).toBe('INVALID_CREDENTIALS');
  });

  it('that was used before does not come back by parallel changes', async () => {
    await inForce({ passwordHistory: 5 });
    const joan = await someone('joan');
    await change(joan, password, 'the first one after');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        change(joan, 'the first one after', n % 2 ? password : `another new one ${n}`),
      ),
    );
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'changed');
    expect(codes.filter((code) => code === 'changed')).toHaveLength(1);
    const again = await auth.refusal(
      anonymous(),
      'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
      { input: { identifier: 'joan', password } },
    );
    expect(again).toBe('INVALID_CREDENTIALS');
  });

  it('is looked up by five digits of its hash, and refused when it is known', async () => {
    await inForce({ breachedPasswordsUrl: rangesUrl });
    const ken = await someone('ken');
    const known = 'known from somewhere else';
    const digest = createHash('sha1').update(known).digest('hex').toUpperCase();
    answerRange = () => `${digest.slice(5)}:42\r\n${'0'.repeat(35)}:0\r\n`;
    expect(problemOf(await change(ken, password, known))).toBe('BAD_USER_INPUT newPassword breached');
    expect(asked).toEqual([digest.slice(0, 5)]);
    answerRange = () => `${digest.slice(5)}:0\r\n`;
    expect(problemOf(await change(ken, password, known))).toBeNull();
    answerRange = () => null;
    expect(problemOf(await change(ken, known, 'nobody can say anything'))).toBeNull();
  });
});

describe('registration', () => {
  const open = (given: object) =>
    auth.ask(
      serviceCaller('user'),
      'mutation ($input: OpenRegistrationInput!) { openRegistration(input: $input) }',
      {
        input: {
          tenantId: auth.tenant.id,
          about: { email: 'new@example.com', firstName: 'Barbara', lastName: 'Liskov', tenantName: 'Acme' },
          ...given,
        },
      },
    );

  it('is closed where the tenant says so', async () => {
    expect((await open({})).errors).toBeUndefined();
    await inForce({ selfRegistration: false });
    expect((await open({})).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('holds the password against the policy', async () => {
    expect(problemOf(await open({ password: 'liskov-barbara' }))).toBe('BAD_USER_INPUT password about_you');
    expect((await open({ password: 'substitute anything' })).data.openRegistration).toEqual(
      expect.any(String),
    );
  });
});

describe('sessions', () => {
  it('past the limit end the oldest, with an event', async () => {
    await inForce({ maxSessions: 2 });
    const { userId } = await auth.account('many');
    const [first, second, third] = [
      await auth.login('many'),
      await auth.login('many'),
      await auth.login('many'),
    ];
    const alive = async ({ accessToken }: { accessToken: string }) =>
      (await auth.principal(accessToken).catch(() => null)) !== null;
    expect([await alive(first), await alive(second), await alive(third)]).toEqual([false, true, true]);
    expect(
      (await auth.securityEvents(userId)).filter((type) => type === 'SESSION_LIMIT_REACHED'),
    ).toHaveLength(1);
    await Promise.all(Array.from({ length: 6 }, () => auth.login('many')));
    const { rows } = await auth.deps.database.pool.query(
      'select count(*)::int as open from auth.session where user_id = $1 and ended_at is null',
      [userId],
    );
    expect(rows[0].open).toBe(2);
  });

  it('end by the tenant’s limits, those that are open already too', async () => {
    await auth.account('idle');
    const tokens = await auth.login('idle');
    const alive = async () => (await auth.principal(tokens.accessToken).catch(() => null)) !== null;
    const shift = (column: string) =>
      auth.deps.database.pool.query(
        `update auth.session set ${column} = now() - interval '20 minutes' where id = $1`,
        [tokens.sessionId],
      );
    await shift('last_seen_at');
    expect(await alive()).toBe(true);
    await inForce({ sessionIdleSeconds: 900 });
    await shift('last_seen_at');
    expect(await alive()).toBe(false);
    expect((await auth.refresh(tokens.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
    await inForce({ sessionIdleSeconds: auth.deps.config.sessionIdleTtl });
    await shift('created_at');
    await inForce({ sessionAbsoluteSeconds: 900 });
    expect(await alive()).toBe(false);
    expect((await auth.refresh(tokens.refreshToken)).errors?.[0]?.extensions.code).toBe('INVALID_GRANT');
    await inForce({ sessionAbsoluteSeconds: auth.deps.config.sessionAbsoluteTtl });
  });
});

it('passwords are no way in where the tenant says so, known or unknown', async () => {
  await auth.account('locked-out');
  await inForce({ passwordSignIn: false });
  for (const identifier of ['locked-out', 'nobody'])
    expect(
      await auth.refusal(
        anonymous(),
        'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
        {
          input: { identifier, password },
        },
      ),
    ).toBe('FORBIDDEN');
});

it('a policy that was set is told again by event, should its process die', async () => {
  const told: string[] = [];
  const subscription = await auth.deps.bus.subscribe({
    group: 'test.policies',
    types: ['tenant.changed'],
    handler: async ({ subject }) => void told.push(subject ?? ''),
  });
  await set({ maxSessions: 7 });
  await vi.waitFor(() => expect(told).toContain(auth.tenant.id), 5_000);
  await subscription.stop();
});
