import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { consumeChallenge, takeChallengeAttempt } from '../queries/mfa-challenges.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { afterActivation, type ConfirmedFactor } from './activate-factor.ts';
import type { OpenChallenge } from './challenge.ts';
import { withSecondFactor } from './methods.ts';

/**
 * Has a first factor count, by `activate`, and opens the session that waited for it, by `openIt`, in one transaction.
 * INVALID_CODE when nothing was activated, when the challenge is used up, and when the account has got a factor meanwhile.
 */
export async function confirmFirstFactor<S extends { sessionId: string }>(
  services: Services,
  { challenge, subject }: OpenChallenge,
  given: {
    client: ClientInfo;
    /** What using it proves (RFC 8176). */
    proof: readonly string[];
    activate(unit: UnitOfWork): Promise<MfaFactor | undefined>;
    openIt(unit: UnitOfWork, amr: string[]): Promise<S>;
  },
): Promise<{ confirmed: ConfirmedFactor; session: S }> {
  const { idHash, tenantId, userId } = challenge;
  const { client, proof, activate, openIt } = given;
  const enrolled = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const attempts = services.config.mfaAttempts;
    const [taken] = await takeChallengeAttempt(unit.tx, [tenantId, idHash, attempts, 'enrol']);
    if (!taken || (await findActiveFactors(unit.tx, subject)).length > 0) return undefined;
    const factor = await activate(unit);
    if (!factor) return undefined;
    await consumeChallenge(unit.tx, [idHash]);
    const amr = withSecondFactor(taken.amr, proof);
    const session = await openIt(unit, amr);
    const current = { tenantId, userId, sessionId: session.sessionId, amr };
    const origin = originOf(client);
    return { confirmed: await afterActivation(services, unit, { current, factor, proof, origin }), session };
  });
  if (!enrolled) throw invalidCode();
  return enrolled;
}
