import { acrOf, type UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { checkPassword } from '../check-password.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { passwordInput } from '../login.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { findActiveFactors, useFactorCode } from '../queries/mfa-factors.ts';
import { findAssurance } from '../queries/sessions.ts';
import type { Services } from '../services.ts';
import { raiseSession } from '../sessions/raise-session.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { codeInput } from './codes.ts';
import { limitAttempts } from './limit-attempts.ts';
import { withSecondFactor } from './methods.ts';
import { subjectOf } from './start-totp.ts';
import { useCode } from './use-code.ts';
import { methodInput } from './verify-mfa.ts';

const input = z.object({
  password: passwordInput.nullish(),
  method: methodInput.nullish(),
  code: codeInput.nullish(),
});

/**
 * Authenticates again, within the session of the token in use: with a code when the account has a second factor, else with
 * the password. INVALID_CODE or INVALID_CREDENTIALS, counted as in a sign-in; BAD_USER_INPUT when the other one was given.
 */
export async function stepUp(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<void> {
  const { password, method, code } = readInput(input, request);
  const { tenantId, userId } = principal;
  const factors = await findActiveFactors(services.database.db, { tenantId, userId });
  if (factors.length > 0) {
    if (code == null) throw badInput({ path: 'code', message: 'is needed: the account has a second factor' });
    return withCode(services, { principal, method: method ?? 'TOTP', code, client });
  }
  if (password == null) {
    throw badInput({ path: 'password', message: 'is needed: the account has no second factor' });
  }
  const subject = await subjectOf(services, principal);
  const attempt = { tenantId, subject, password, origin: originOf(client), details: { action: 'stepUp' } };
  return checkPassword(services, attempt, (unit) => raise(unit, principal, client, ['pwd']));
}

async function withCode(
  services: Services,
  attempt: {
    principal: UserPrincipal;
    method: z.output<typeof methodInput>;
    code: string;
    client: ClientInfo;
  },
): Promise<void> {
  const { principal, method, code, client } = attempt;
  const { tenantId, userId } = principal;
  await limitAttempts(services, client);
  const right = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const used = await useCode(services, unit, {
      tenantId,
      userId,
      method,
      code,
      origin: originOf(client),
      useSentCode: async (tx, factor, codeHash) =>
        (await useFactorCode(tx, [factor.id, codeHash])).length === 1,
    });
    if (used) await raise(unit, principal, client, withSecondFactor([], method));
    return used;
  });
  if (!right) throw invalidCode();
}

async function raise(
  unit: UnitOfWork,
  principal: UserPrincipal,
  client: ClientInfo,
  proved: string[],
): Promise<void> {
  const { tenantId, userId, sessionId } = principal;
  const [session] = await findAssurance(unit.tx, [tenantId, sessionId]);
  if (!session) throw new GatehouseError('UNAUTHENTICATED', 'The session has ended.');
  const amr = [...new Set([...session.amr, ...proved])];
  await raiseSession(unit, principal, amr);
  unit.securityEvent({
    tenantId,
    by: principal,
    type: 'STEPPED_UP',
    userId,
    origin: originOf(client),
    details: { sessionId, acr: acrOf(amr) },
  });
}
