import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { users } from '../src/tables/index.ts';
import { anonymous, auth, codesOf, fieldsOf, startUser, type TestUser } from './harness.ts';

const document = 'mutation ($input: RegisterInput!) { register(input: $input) { email codeExpiresAt } }';

describe('register', () => {
  let user: TestUser;
  beforeAll(async () => {
    user = await startUser();
  });
  afterAll(() => user.stop());

  const register = (input: Record<string, unknown>, host?: string) =>
    user.ask(anonymous(host), document, { input });
  const byEmail = async (key: string) =>
    await user.deps.database.db.select().from(users).where(eq(users.emailKey, key));

  it('makes a pending account with the role self-registration', async () => {
    const answer = await register({
      email: ' Ada@Example.com ',
      username: 'Ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
      password: 'correct horse battery staple',
    });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.register.email).toBe('Ada@example.com');
    const days = (Date.parse(answer.data.register.codeExpiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 2);

    const [row] = await byEmail('ada@example.com');
    expect(row).toMatchObject({
      status: 'PENDING',
      username: 'Ada',
      usernameKey: 'ada',
      lastName: 'Lovelace',
    });
    const [event] = await user.events();
    expect(event).toMatchObject({
      type: 'user.created',
      tenantId: user.tenant.id,
      subject: row?.id,
      data: {
        email: 'Ada@example.com',
        role: 'self-registration',
        registrationMethod: 'email',
        metadata: { credentialRef: 'credential-1' },
      },
    });
    expect(JSON.stringify(event)).not.toContain('correct horse');
  });

  it('answers the same for a taken address, and tells its owner', async () => {
    const before = await user.events();
    const answer = await register({ email: 'ADA@EXAMPLE.COM', password: 'something else entirely' });
    expect(answer.data.register.email).toBe('ADA@example.com');
    expect(await byEmail('ada@example.com')).toHaveLength(1);
    const [owner] = await byEmail('ada@example.com');
    const added = (await user.events()).slice(before.length);
    expect(added).toHaveLength(1);
    expect(added[0]).toMatchObject({ type: 'user.registration_attempted', data: { userId: owner?.id } });
    expect(user.calls.filter(({ operation }) => operation === 'OpenRegistration')).toHaveLength(2);
  });

  it('leaves a taken username out, with the same answer', async () => {
    const answer = await register({ email: 'grace@example.com', username: 'ADA' });
    expect(answer.errors).toBeUndefined();
    const [row] = await byEmail('grace@example.com');
    expect(row).toMatchObject({ username: null, usernameKey: null });
    expect((await user.events()).at(-1)?.data).toMatchObject({
      username: null,
      metadata: { requestedUsernameTaken: 'true' },
    });
  });

  it('lets the same address exist in another tenant', async () => {
    await register({ email: 'ada@example.com', username: 'ada' }, 'clinicwave.com');
    const rows = await byEmail('ada@example.com');
    expect(rows.map((row) => row.tenantId).sort()).toEqual([user.tenant.id, user.otherTenant.id].sort());
  });

  it('refuses a host that is no tenant', async () => {
    for (const host of ['unknown.example', '', 'localhost.evil.example:4000', "' or 1=1 --"]) {
      expect(codesOf(await register({ email: 'x@example.com' }, host))).toEqual(['UNKNOWN_TENANT']);
    }
  });

  it('makes one account of twenty parallel registrations', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => register({ email: 'rush@example.com', username: 'rush' })),
    );
    expect(answers.flatMap(codesOf)).toEqual([]);
    const rows = await byEmail('rush@example.com');
    expect(rows).toHaveLength(1);
    const events = (await user.events()).filter(({ subject }) => subject === rows[0]?.id);
    expect(events.map(({ type }) => type).sort()).toEqual(
      ['user.created', ...Array(19).fill('user.registration_attempted')].sort(),
    );
  });

  it('gives a contested username to one of twenty', async () => {
    const emails = Array.from({ length: 20 }, (_, index) => `rival${index}@example.com`);
    const answers = await Promise.all(emails.map((email) => register({ email, username: 'contested' })));
    expect(answers.flatMap(codesOf)).toEqual([]);
    const rows = (await Promise.all(emails.map(byEmail))).flat();
    expect(rows).toHaveLength(20);
    expect(rows.filter((row) => row.username === 'contested')).toHaveLength(1);
  });

  it('writes nothing when the password is refused', async () => {
    user.failing.set('OpenRegistration', new Error('refused'));
    await expect(register({ email: 'nobody@example.com', password: 'x' })).rejects.toThrow('refused');
    user.failing.clear();
    expect(await byEmail('nobody@example.com')).toEqual([]);
  });

  it('names every field that breaks a rule', async () => {
    const answer = await register({
      email: 'no address',
      username: 'a@b.c',
      firstName: '  ',
      lastName: 'x\u202ey',
    });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(fieldsOf(answer).sort()).toEqual(['email', 'firstName', 'lastName', 'username']);
  });

  it('is completed once, however often auth asks', async () => {
    const [row] = await byEmail('grace@example.com');
    const complete = () =>
      user.ask(
        auth,
        'mutation ($id: ID!) { completeRegistration(userId: $id) { status roles permissions } }',
        {
          id: row?.id,
        },
      );
    const answers = await Promise.all([complete(), complete(), complete()]);
    for (const { data } of answers) {
      expect(data.completeRegistration).toEqual({
        status: 'ACTIVE',
        roles: ['self-registration'],
        permissions: ['documents:create', 'profile:read', 'profile:write'],
      });
    }
    const events = (await user.events()).filter(({ subject }) => subject === row?.id);
    expect(events.map(({ type }) => type)).toEqual(['user.created', 'user.activated']);
  });

  it('is completed by the event alone when auth fell over', async () => {
    await register({ email: 'late@example.com' });
    const [row] = await byEmail('late@example.com');
    await user.subgraph.start();
    const userId = row?.id ?? '';
    await user.deps.bus.publish([
      {
        specversion: '1.0',
        id: crypto.randomUUID(),
        source: '/gatehouse/auth',
        type: 'auth.registration_confirmed',
        subject: userId,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        tenantid: user.tenant.id,
        data: { userId },
      },
    ]);
    await expect.poll(async () => (await byEmail('late@example.com'))[0]?.status).toBe('ACTIVE');
  });
});
