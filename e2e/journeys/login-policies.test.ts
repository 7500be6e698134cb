import { newAddress, newPassword } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { eventually } from '../gatehouse.ts';
import { foundTenant } from '../tenants.ts';

const set =
  'mutation ($input: SetLoginPolicyInput!) { setLoginPolicy(input: $input) { policy { passwordMinLength } } }';
const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }';
const register = 'mutation ($input: RegisterInput!) { register(input: $input) { email } }';

test('a tenant says how people sign in to it, and every process follows within a second', async () => {
  const { there, boss, first, root, tenantId } = await foundTenant();
  const { client } = first;
  const options = '{ signInOptions { selfRegistration passwordMinLength } }';
  await client.ask(set, {
    input: { selfRegistration: false, passwordMinLength: 16, passwordHistory: 2, maxSessions: 2 },
  });
  await eventually(
    async () =>
      expect(await there.anyone.ask(options)).toEqual({
        signInOptions: { selfRegistration: false, passwordMinLength: 16 },
      }),
    1_000,
  );
  await eventually(
    async () =>
      expect(await there.anyone.refusal(register, { input: { email: newAddress() } })).toBe('FORBIDDEN'),
    1_000,
  );

  const reasonFor = async (newPassword: string) => {
    const input = { currentPassword: boss.password, newPassword };
    const { errors } = await client.graphql(change, { input });
    const { fields } = errors[0]?.extensions ?? {};
    const [field] = (fields ?? []) as { message: string; reason?: string }[];
    return field?.reason ?? field?.message ?? null;
  };
  expect(await reasonFor('fifteen letters')).toBe('must have at least 16 characters');
  expect(await reasonFor('Password12345678!')).toBe('too_common');
  const next = newPassword();
  expect(await reasonFor(next)).toBeNull();
  const back = { currentPassword: next, newPassword: boss.password };
  const { errors } = await client.graphql(change, { input: back });
  expect(errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ reason: 'used_before' }],
  });

  const account = { email: boss.email, password: next };
  const [second] = [await there.signIn(account), await there.signIn(account)];
  await eventually(async () => expect(await client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED'));
  expect(await second.client.refusal('{ me { id } }')).toBeNull();

  // Who locked everybody out is helped by the installation.
  await second.client.ask(set, { input: { passwordSignIn: false } });
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  const input = { identifier: account.email, password: next };
  await eventually(async () => expect(await there.anyone.refusal(login, { input })).toBe('FORBIDDEN'));
  await root.client.ask(set, { input: { tenantId, passwordSignIn: null } });
  await eventually(async () => expect(await there.anyone.refusal(login, { input })).toBeNull());
});
