import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { consumeChallenge, takeChallengeAttempt, useChallengeCode } from '../queries/mfa-challenges.ts';
import type { Services } from '../services.ts';
import { openSession, type TokenSet } from '../sessions/open-session.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { openChallenge } from './challenge.ts';
import { codeInput } from './codes.ts';
import { limitAttempts } from './limit-attempts.ts';
import { withSecondFactor } from './methods.ts';
import { rememberDevice } from './remember-device.ts';
import { useCode } from './use-code.ts';

export const methodInput = z.enum(['TOTP', 'EMAIL', 'BACKUP_CODE']);

const input = z.object({
  challengeId: z.string().max(512),
  method: methodInput,
  code: codeInput,
  rememberDevice: z.boolean().nullish(),
});

/**
 * Completes a sign-in with a second factor. INVALID_CODE for a challenge that is unknown, used, expired or another
 * tenant's, for a wrong or used code of any method, and while too many wrong ones have locked the account's codes.
 */
export async function verifyMfa(services: Services, request: unknown, client: ClientInfo): Promise<TokenSet> {
  const { challengeId, method, code, rememberDevice: remember } = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  await limitAttempts(services, client);
  // Before the transaction: who holds a connection must not wait for another.
  const issuer = await services.issuers.of(tenant);
  const { challenge, subject } = await openChallenge(services, tenant, challengeId, 'verify');
  const { idHash, tenantId, userId } = challenge;
  const origin = originOf(client);

  const tokens = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const [taken] = await takeChallengeAttempt(unit.tx, [
      tenantId,
      idHash,
      services.config.mfaAttempts,
      'verify',
    ]);
    if (!taken) return undefined;
    const right = await useCode(services, unit, {
      tenantId,
      userId,
      method,
      code,
      origin,
      useMailedCode: async (tx, _factor, codeHash) =>
        (await useChallengeCode(tx, [idHash, codeHash])).length === 1,
    });
    if (!right) return undefined;
    await consumeChallenge(unit.tx, [idHash]);
    const tokens = await openSession(unit, { issuer, subject, amr: withSecondFactor(taken.amr), client });
    if (!remember) return tokens;
    return { ...tokens, deviceToken: await rememberDevice(services, unit, { tenantId, userId, origin }) };
  });
  if (!tokens) throw invalidCode();
  return tokens;
}
