import { requireOwnClient, type UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { checkPassword, invalidCredentials } from './check-password.ts';
import { passwordInput } from './login.ts';
import { requireRecentSession } from './mfa/require-recent-session.ts';
import { originOf } from './origin.ts';
import { acceptablePassword } from './passwords/acceptable-password.ts';
import { readPassword } from './passwords/password-rules.ts';
import { requirePasswordSignIn } from './policies/require-password-sign-in.ts';
import { replacePassword } from './queries/credentials.ts';
import { keepFormerHash } from './queries/password-history.ts';
import { deleteDevicesOf } from './queries/remembered-devices.ts';
import type { Services } from './services.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { activeIn, findSubject } from './subject.ts';
import { inUnitOfWork } from './unit-of-work.ts';

const input = z.object({ currentPassword: passwordInput, newPassword: passwordInput });

/**
 * Sets a new password and ends every other session. The current one is checked as in a sign-in: INVALID_CREDENTIALS when
 * it is wrong, and failures lock the account. FORBIDDEN where nobody signs in with one; STEP_UP_REQUIRED of an
 * account with a second factor.
 */
export async function changePassword(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<{ endedSessions: number }> {
  requireOwnClient(principal);
  const { currentPassword, newPassword } = readInput(input, request);
  const { tenantId, userId, sessionId } = principal;
  const policy = await services.policies.of(tenantId);
  requirePasswordSignIn(policy);
  await requireRecentSession(services, principal);
  const subject = activeIn(tenantId, await findSubject(services, userId));
  if (!subject) throw invalidCredentials();
  readPassword(policy, newPassword, 'newPassword');
  if (newPassword.normalize('NFC') === currentPassword.normalize('NFC')) {
    throw badInput({ path: 'newPassword', message: 'must differ from the current one' });
  }
  const origin = originOf(client);
  // First of all: only who knows the current password learns anything of the former ones.
  const oldHash = await checkPassword(
    services,
    {
      tenantId,
      subject,
      password: currentPassword,
      origin,
      by: principal,
      details: { action: 'changePassword' },
    },
    async (_unit, passwordHash) => passwordHash,
  );
  const chosen = { policy, password: newPassword, path: 'newPassword', about: subject };
  const newHash = await services.passwords.hash(
    await acceptablePassword(services, { ...chosen, owner: { tenantId, userId } }),
  );
  return inUnitOfWork(services, async (unit) => {
    if (!(await replacePassword(unit.tx, { userId, oldHash, newHash }))) {
      throw new GatehouseError('CONFLICT', 'The password has just been changed.');
    }
    await keepFormerHash(unit.tx, { tenantId, userId, passwordHash: oldHash }, policy.passwordHistory - 1);
    await deleteDevicesOf(unit.tx, userId);
    const ended = await endSessions(unit, { tenantId, userId, except: sessionId, logoutType: 'forced' });
    await unit.event('user.password_changed', tenantId, userId, {
      userId,
      changedBy: userId,
      securityLevel: 'user',
    });
    unit.securityEvent({
      tenantId,
      type: 'PASSWORD_CHANGED',
      userId,
      by: principal,
      origin,
      details: { endedSessions: ended.length },
    });
    return { endedSessions: ended.length };
  });
}
