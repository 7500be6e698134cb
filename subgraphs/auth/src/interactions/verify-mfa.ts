import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { answerChallenge } from '../mfa/answer-challenge.ts';
import { proofOf } from '../mfa/answer-input.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import { rememberDevice } from '../mfa/remember-device.ts';
import { answerInput } from '../mfa/verify-mfa.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { originOf } from '../origin.ts';
import type { Services } from '../services.ts';
import { type BrowserSession, completeSignIn } from './complete-sign-in.ts';
import type { Interaction } from './open-interaction.ts';
import { requireChallenge } from './require-challenge.ts';

/**
 * Completes the sign-in of an interaction with a second factor, as `verifyMfa` of the API does, and remembers the device
 * when it is asked to. INVALID_CODE, BAD_USER_INPUT, RATE_LIMITED; CONFLICT when no second factor is asked for.
 */
export async function verifyMfa(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  request: unknown,
  client: ClientInfo,
): Promise<BrowserSession & { deviceToken: string | undefined }> {
  const { rememberDevice: remember, ...given } = readInput(answerInput, request);
  const isRemembered = remember && issuer.tenant.policy.rememberedDevices;
  const proof = proofOf(given);
  const open = await requireChallenge(services, issuer, interaction, 'verify');
  await limitAttempts(services, client);
  const { subject } = open;
  return answerChallenge(services, open, { proof, client }, async (unit, amr) => {
    const session = await completeSignIn(unit, issuer, interaction, {
      subject,
      amr,
      client,
      risk: open.challenge.risk,
      external: open.challenge.external,
    });
    const device = { ...subject, origin: originOf(client) };
    return {
      ...session,
      deviceToken: isRemembered ? await rememberDevice(services, unit, device) : undefined,
    };
  });
}
