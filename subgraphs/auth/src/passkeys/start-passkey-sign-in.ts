import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { openChallenge } from '../mfa/challenge.ts';
import { newChallengeId } from '../mfa/codes.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import type { Services } from '../services.ts';
import { toSignIn, toVerify } from './challenge.ts';
import { type RequestOptions, requestOptions } from './request-options.ts';

const input = z
  .object({ challengeId: z.string().max(512).nullish() })
  .nullish()
  .transform((value) => value?.challengeId ?? undefined);

export type StartedSignIn = { challengeId: string; options: RequestOptions; expiresAt: Date };

/**
 * What a browser needs to sign in with a passkey: as a second factor, for `verifyMfa`, with the challenge of a password;
 * without one, for `signInWithPasskey`, whoever it is. INVALID_CODE for a challenge that is not good; RATE_LIMITED.
 */
export async function startPasskeySignIn(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<StartedSignIn> {
  const given = readInput(input, request);
  const tenant = await services.tenants.ofHost(client.host);
  if (given === undefined) {
    const challengeId = newChallengeId();
    const binding = toSignIn(tenant.id, { secret: challengeId });
    return { challengeId, ...(await requestOptions(services, tenant, binding)) };
  }
  await limitAttempts(services, client);
  const { challenge } = await openChallenge(services, tenant, given, 'verify');
  const binding = toVerify(tenant.id, challenge.idHash);
  return { challengeId: given, ...(await requestOptions(services, tenant, binding, challenge.userId)) };
}
