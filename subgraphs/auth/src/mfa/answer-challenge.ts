import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { MfaMethod } from '../../generated/resolvers.ts';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { consumeChallenge, takeChallengeAttempt, useChallengeCode } from '../queries/mfa-challenges.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import type { OpenChallenge } from './challenge.ts';
import { withSecondFactor } from './methods.ts';
import { useCode } from './use-code.ts';

/**
 * Takes a code of a second factor for a challenge, and runs `accepted` with what is proved by then, in the transaction
 * that uses both up. INVALID_CODE for every reason alike: wrong, used, locked, or a challenge used up meanwhile.
 */
export async function answerChallenge<T>(
  services: Services,
  { challenge }: OpenChallenge,
  answer: { method: MfaMethod; code: string; client: ClientInfo },
  accepted: (unit: UnitOfWork, amr: string[]) => Promise<T>,
): Promise<T> {
  const { idHash, tenantId, userId } = challenge;
  const { method, code, client } = answer;
  const outcome = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const attempts = services.config.mfaAttempts;
    const [taken] = await takeChallengeAttempt(unit.tx, [tenantId, idHash, attempts, 'verify']);
    if (!taken) return undefined;
    const right = await useCode(services, unit, {
      tenantId,
      userId,
      method,
      code,
      origin: originOf(client),
      useSentCode: async (tx, _factor, codeHash) =>
        (await useChallengeCode(tx, [idHash, codeHash])).length === 1,
    });
    if (!right) return undefined;
    await consumeChallenge(unit.tx, [idHash]);
    return { value: await accepted(unit, withSecondFactor(taken.amr, method)) };
  });
  if (!outcome) throw invalidCode();
  return outcome.value;
}
