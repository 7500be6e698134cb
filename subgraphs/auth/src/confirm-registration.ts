import { badInput, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { CompleteRegistrationDocument } from '../generated/calls.ts';
import { type CodeHolder, invalidCode, lookUpCode, useCode } from './codes/one-time-code.ts';
import { passwordInput } from './login.ts';
import { originOf } from './origin.ts';
import { acceptablePassword } from './passwords/acceptable-password.ts';
import { requirePasswordSignIn } from './policies/require-password-sign-in.ts';
import { ensureCredential, findPasswordHash, setPassword } from './queries/credentials.ts';
import type { Services } from './services.ts';
import { type LoginResult, signIn } from './sessions/sign-in.ts';
import { activeIn, findSubject, type Subject } from './subject.ts';
import { inUnitOfWork } from './unit-of-work.ts';

const input = z.object({ code: z.string().max(512), password: passwordInput.nullish() });

/**
 * Uses the mailed code up, sets the password when one is given, makes the account ACTIVE and signs in. INVALID_CODE, or
 * BAD_USER_INPUT on `password` when there is none yet; then the code stays good. Where nobody signs in with a password none is
 * needed, and FORBIDDEN answers one.
 */
export async function confirmRegistration(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<LoginResult> {
  const { code, password } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  const holder = await lookUpCode(services, 'confirm', code);
  if (holder.tenantId !== tenant.id) throw invalidCode();
  const pending = await findSubject(services, holder.userId);
  if (!pending || !['PENDING', 'ACTIVE'].includes(pending.status)) throw invalidCode();
  const issuer = await services.issuers.of(tenant);
  const passwordHash = await hashGiven(services, holder, pending, password);

  await inUnitOfWork(services, async (unit) => {
    const { userId, tenantId } = holder;
    await useCode(services, unit, 'confirm', code);
    if (passwordHash) await setPassword(unit.tx, { userId, tenantId, passwordHash });
    else await ensureCredential(unit.tx, { userId, tenantId });
    // The user subgraph completes the registration on this event too, should this process die before it asks for it.
    await unit.event('auth.registration_confirmed', tenantId, userId, { userId });
    unit.securityEvent({ tenantId, type: 'REGISTRATION_CONFIRMED', userId, origin: originOf(client) });
  });

  const { userId } = holder;
  const completed = await services.call('user', CompleteRegistrationDocument, { userId });
  const subject = activeIn(tenant.id, completed.completeRegistration);
  if (!subject) throw invalidCode();
  return inUnitOfWork(services, (unit) =>
    signIn(services, unit, { issuer, subject, amr: passwordHash ? ['pwd', 'otp'] : ['otp'], client }),
  );
}

/** The hash of the password given; undefined when there is one from the registration, or none is needed. */
async function hashGiven(
  services: Services,
  holder: CodeHolder,
  subject: Subject,
  password: string | null | undefined,
): Promise<string | undefined> {
  const [known] = await findPasswordHash(services.database.db, [holder.tenantId, holder.userId]);
  // Active with a password: nothing is left to confirm, and a password is not reset this way.
  if (known && subject.status === 'ACTIVE') throw invalidCode();
  const policy = await services.policies.of(holder.tenantId);
  if (password != null) {
    requirePasswordSignIn(policy);
    return services.passwords.hash(
      await acceptablePassword(services, { policy, password, path: 'password', about: subject }),
    );
  }
  if (!known && policy.passwordSignIn)
    throw badInput({ path: 'password', message: 'is needed: none was given at registration' });
  return undefined;
}
