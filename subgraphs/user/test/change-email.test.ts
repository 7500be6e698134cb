import { serviceCaller } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { codesOf, startUser } from './harness.ts';

let user: Awaited<ReturnType<typeof startUser>>;
beforeAll(async () => {
  user = await startUser();
});
afterAll(() => user.stop());

const change = (person: { id: string }, email: string, confirmedAt = new Date(), tenant = user.tenant) =>
  user.ask(
    serviceCaller('auth'),
    `mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { email emailConfirmed } }`,
    {
      input: {
        userId: person.id,
        tenantId: tenant.id,
        email,
        confirmedAt: confirmedAt.toISOString(),
        sessionId: '01890000-0000-7000-8000-000000000001',
        ipAddress: '192.0.2.1',
      },
    },
  );
const eventsOf = async (userId: string) =>
  (await user.events()).filter(({ subject, type }) => subject === userId && /updated|email/.test(type));

it('has a confirmed address be somebody’s, once, and tells who keeps copies', async () => {
  const ada = await user.person('ada');
  const at = new Date();
  const { data } = await change(ada, 'Ada.New@Example.com', at);
  expect(data.changeEmail).toEqual({ email: 'Ada.New@example.com', emailConfirmed: true });
  // By the event of the same confirmation, which comes too.
  await change(ada, 'Ada.New@Example.com', at);
  expect((await eventsOf(ada.id)).map(({ type, data: told }) => [type, told])).toEqual([
    [
      'user.updated',
      { userId: ada.id, changes: { email: 'Ada.New@example.com' }, previousValues: {}, updatedBy: ada.id },
    ],
    ['user.email_changed', expect.objectContaining({ previousEmail: ada.email })],
  ]);
});

it('is not undone by an older confirmation that comes late', async () => {
  const grace = await user.person('grace');
  const before = new Date(Date.now() - 60_000);
  await change(grace, 'second@example.com');
  const { data } = await change(grace, 'first@example.com', before);
  expect(data.changeEmail.email).toBe('second@example.com');
});

it('takes nobody’s address, in whatever spelling, and reaches no other tenant', async () => {
  const [alan, mallory] = [await user.person('alan'), await user.person('mallory')];
  for (const email of [alan.email, alan.email.toUpperCase()])
    expect(codesOf(await change(mallory, email))).toEqual(['EMAIL_TAKEN']);
  expect(codesOf(await change(mallory, 'free@example.com', new Date(), user.otherTenant))).toEqual([
    'NOT_FOUND',
  ]);
  expect(codesOf(await change(mallory, 'no address'))).toEqual(['BAD_USER_INPUT']);
  const { data } = await user.ask(
    serviceCaller('auth'),
    'query ($id: ID!) { loginSubject(userId: $id) { email } }',
    { id: mallory.id },
  );
  expect(data.loginSubject.email).toBe(mallory.email);
});
