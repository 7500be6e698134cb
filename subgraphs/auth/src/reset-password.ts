import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode, lookUpCode, useCode } from './codes/one-time-code.ts';
import { passwordInput } from './login.ts';
import { originOf } from './origin.ts';
import { acceptablePassword } from './passwords/acceptable-password.ts';
import { requirePasswordSignIn } from './policies/require-password-sign-in.ts';
import { findPasswordHash, lockCredential, setPassword } from './queries/credentials.ts';
import { keepFormerHash } from './queries/password-history.ts';
import { deleteDevicesOf } from './queries/remembered-devices.ts';
import { deletePlacesOf } from './queries/sign-in-places.ts';
import type { Services } from './services.ts';
import { endSessions } from './sessions/end-sessions.ts';
import { activeIn, findSubject } from './subject.ts';
import { inUnitOfWork } from './unit-of-work.ts';

const input = z.object({ code: z.string().max(512), password: passwordInput });

/**
 * Uses the mailed code up, sets the password, lifts a lock and ends every session. INVALID_CODE; FORBIDDEN where nobody
 * signs in with one; a password that breaks a rule leaves the code good.
 */
export async function resetPassword(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<{ endedSessions: number }> {
  const { code, password } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  const policy = await services.policies.of(tenant.id);
  requirePasswordSignIn(policy);
  const { userId, tenantId } = await lookUpCode(services, 'reset', code);
  const subject = activeIn(tenant.id, await findSubject(services, userId));
  if (!subject || tenantId !== tenant.id) throw invalidCode();
  const owner = { tenantId, userId };
  const [before] = await findPasswordHash(services.database.db, [tenantId, userId]);
  const passwordHash = await services.passwords.hash(
    await acceptablePassword(services, { policy, password, path: 'password', about: subject, owner }),
  );
  return inUnitOfWork(services, async (unit) => {
    await useCode(services, unit, 'reset', code);
    await lockCredential(unit.tx, [tenantId, userId]);
    const [now] = await findPasswordHash(unit.tx, [tenantId, userId]);
    // The rules were held against the one before.
    if (now?.password_hash !== before?.password_hash)
      throw new GatehouseError('CONFLICT', 'The password has just been changed.');
    await setPassword(unit.tx, { userId, tenantId, passwordHash });
    if (now)
      await keepFormerHash(
        unit.tx,
        { ...owner, passwordHash: now.password_hash },
        policy.passwordHistory - 1,
      );
    await deleteDevicesOf(unit.tx, userId);
    await deletePlacesOf(unit.tx, userId);
    const ended = await endSessions(unit, { tenantId, userId, logoutType: 'forced' });
    await unit.event('user.password_changed', tenantId, userId, {
      userId,
      changedBy: userId,
      securityLevel: 'user',
    });
    unit.securityEvent({
      tenantId,
      type: 'PASSWORD_RESET',
      userId,
      origin: originOf(client),
      details: { endedSessions: ended.length },
    });
    return { endedSessions: ended.length };
  });
}
