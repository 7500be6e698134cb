import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { toVerify } from '../passkeys/challenge.ts';
import { lockCredential } from '../queries/credentials.ts';
import { consumeChallenge, takeChallengeAttempt, useChallengeCode } from '../queries/mfa-challenges.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import type { Proof } from './answer-input.ts';
import type { OpenChallenge } from './challenge.ts';
import { withSecondFactor } from './methods.ts';
import { takeProof } from './take-proof.ts';

/**
 * Takes a second factor for a challenge, and runs `accepted` with what is proved by then, in the transaction that uses
 * both up. INVALID_CODE for every reason alike: wrong, used, locked, or a challenge used up meanwhile.
 */
export async function answerChallenge<T>(
  services: Services,
  { challenge, subject }: OpenChallenge,
  { proof, client }: { proof: Proof; client: ClientInfo },
  accepted: (unit: UnitOfWork, amr: string[]) => Promise<T>,
): Promise<T> {
  const { idHash, tenantId, userId } = challenge;
  const use = await takeProof(services, {
    subject,
    proof,
    origin: originOf(client),
    binding: toVerify(tenantId, idHash),
    mailed: challenge.mailed,
    useSentCode: async (tx, codeHash) => (await useChallengeCode(tx, [idHash, codeHash])).length === 1,
  });
  const outcome = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const attempts = services.config.mfaAttempts;
    const [taken] = await takeChallengeAttempt(unit.tx, [tenantId, idHash, attempts, 'verify']);
    const proved = taken && (await use(unit));
    if (!proved) return undefined;
    await consumeChallenge(unit.tx, [idHash]);
    // A code mailed for the risk proves the mailbox; it is no factor that the account has.
    const amr = withSecondFactor(taken.amr, challenge.mailed ? ['otp'] : proved);
    return { value: await accepted(unit, amr) };
  });
  if (!outcome) throw invalidCode();
  return outcome.value;
}
