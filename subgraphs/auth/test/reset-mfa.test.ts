import { afterAll, beforeAll, expect, it } from 'vitest';
import { as, startAuth, type TestAuth, until } from './harness.ts';
import { mfaOf } from './mfa-harness.ts';

let auth: TestAuth;
let mfa: ReturnType<typeof mfaOf>;
let root: ReturnType<typeof as>;
let rootId: string;
beforeAll(async () => {
  auth = await startAuth();
  mfa = mfaOf(auth);
  const permissions = ['users:write', 'profile:read', 'profile:write'];
  rootId = (await auth.account('root', { permissions })).userId;
  root = as(await auth.principal((await auth.login('root')).accessToken));
});
afterAll(() => auth.stop());

const reset = (userId: string, by = root) => mfa.run(by, 'resetMfa', '{ user { id } }', { userId });

it('an administrator takes lost factors away: sessions end, and the holder is told', async () => {
  const { subject, tokens, backupCodes } = await mfa.enrolled('ada');
  const { challengeId } = await mfa.challenge('ada');
  const { userId } = subject;
  expect((await reset(userId)).data.resetMfa).toEqual({ user: { id: userId } });
  expect(await auth.principal(tokens.accessToken)).toBeNull();
  expect(await mfa.verifyRefusal(challengeId, backupCodes[0] ?? '', 'BACKUP_CODE')).toBe('INVALID_CODE');
  await auth.login('ada');
  expect(await auth.securityEvents(userId)).toContain('MFA_DISABLED');
  await until(() =>
    auth.mails.find(({ to, template }) => to === subject.email && template === 'SECOND_FACTOR_REMOVED'),
  );
  const before = await auth.securityEvents(userId);
  expect((await reset(userId)).errors).toBeUndefined();
  expect(await auth.securityEvents(userId)).toEqual(before);
});

it('not from those above, of another tenant, nor from oneself', async () => {
  const chief = await auth.account('chief', { permissions: ['users:write', 'users:delete'] });
  const foreign = await auth.account('foreign', { tenantId: auth.otherTenant.id });
  await auth.account('nobody');
  const nobody = await mfa.callerOf(await auth.login('nobody'));
  const code = async (userId: string, by = root) => (await reset(userId, by)).errors?.[0]?.extensions.code;
  expect(await code(chief.userId)).toBe('FORBIDDEN');
  expect(await code(foreign.userId)).toBe('NOT_FOUND');
  expect(await code(rootId)).toBe('FORBIDDEN');
  expect(await code(chief.userId, nobody)).toBe('FORBIDDEN');
});
