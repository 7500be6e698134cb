import { acrOf, type UserPrincipal } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { checkPassword } from '../check-password.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { passwordInput } from '../login.ts';
import { originOf } from '../origin.ts';
import { toStepUp } from '../passkeys/challenge.ts';
import { requirePasswordSignIn } from '../policies/require-password-sign-in.ts';
import { lockCredential } from '../queries/credentials.ts';
import { findActiveFactors, useFactorCode } from '../queries/mfa-factors.ts';
import { findAssurance } from '../queries/sessions.ts';
import type { Services } from '../services.ts';
import { raiseSession } from '../sessions/raise-session.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { answerFields, methodInput, type Proof, proofOf } from './answer-input.ts';
import { limitAttempts } from './limit-attempts.ts';
import { subjectOf } from './subject-of.ts';
import { takeProof } from './take-proof.ts';

const input = z.object({
  ...answerFields,
  password: passwordInput.nullish(),
  method: methodInput.nullish(),
});

/**
 * Authenticates again, within the session of the token in use: with a code or a passkey when the account has a second
 * factor, else with the password. INVALID_CODE or INVALID_CREDENTIALS, counted as in a sign-in; BAD_USER_INPUT when the
 * other one was given; FORBIDDEN where no password counts: who has no second factor signs in again.
 */
export async function stepUp(
  services: Services,
  request: unknown,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<void> {
  const { password, method, ...given } = readInput(input, request);
  const { tenantId, userId } = principal;
  const factors = await findActiveFactors(services.database.db, { tenantId, userId });
  if (factors.length > 0) {
    const proof = proofOf({ ...given, method: method ?? 'TOTP' });
    return withSecondFactorAgain(services, { principal, proof, client });
  }
  requirePasswordSignIn(await services.policies.of(tenantId));
  if (password == null) {
    throw badInput({ path: 'password', message: 'is needed: the account has no second factor' });
  }
  const subject = await subjectOf(services, principal);
  const attempt = { tenantId, subject, password, origin: originOf(client), details: { action: 'stepUp' } };
  return checkPassword(services, attempt, (unit) => raise(unit, principal, client, ['pwd']));
}

async function withSecondFactorAgain(
  services: Services,
  { principal, proof, client }: { principal: UserPrincipal; proof: Proof; client: ClientInfo },
): Promise<void> {
  const { tenantId, userId, sessionId } = principal;
  await limitAttempts(services, client);
  const use = await takeProof(services, {
    subject: await subjectOf(services, principal),
    proof,
    origin: originOf(client),
    binding: toStepUp(tenantId, sessionId),
    useSentCode: async (tx, codeHash, factor) =>
      factor !== undefined && (await useFactorCode(tx, [factor.id, codeHash])).length === 1,
  });
  const right = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const proved = await use(unit);
    if (proved) await raise(unit, principal, client, proved);
    return proved !== undefined;
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
