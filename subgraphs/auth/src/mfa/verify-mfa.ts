import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { originOf } from '../origin.ts';
import type { Services } from '../services.ts';
import { openSession, type TokenSet } from '../sessions/open-session.ts';
import { answerChallenge } from './answer-challenge.ts';
import { answerFields, methodInput, proofOf } from './answer-input.ts';
import { openChallenge } from './challenge.ts';
import { limitAttempts } from './limit-attempts.ts';
import { rememberDevice } from './remember-device.ts';

export const answerInput = z.object({
  ...answerFields,
  method: methodInput,
  rememberDevice: z.boolean().nullish(),
});

const input = answerInput.extend({ challengeId: z.string().max(512) });

/**
 * Completes a sign-in with a second factor. INVALID_CODE for a challenge that is unknown, used, expired or another
 * tenant's, for a wrong or used code of any method, and while too many wrong ones have locked the account's codes.
 */
export async function verifyMfa(services: Services, request: unknown, client: ClientInfo): Promise<TokenSet> {
  const { challengeId, rememberDevice: remember, ...given } = readInput(input, request);
  const proof = proofOf(given);
  const tenant = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenant.id, client.ipAddress);
  await limitAttempts(services, client);
  // Before the transaction: who holds a connection must not wait for another.
  const issuer = await services.issuers.of(tenant);
  const open = await openChallenge(services, tenant, challengeId, 'verify');
  const { subject } = open;
  return answerChallenge(services, open, { proof, client }, async (unit, amr) => {
    const tokens = await openSession(unit, {
      issuer,
      subject,
      amr,
      client,
      risk: open.challenge.risk,
      external: open.challenge.external,
    });
    if (!remember || !issuer.tenant.policy.rememberedDevices) return tokens;
    const device = { ...subject, origin: originOf(client) };
    return { ...tokens, deviceToken: await rememberDevice(services, unit, device) };
  });
}
