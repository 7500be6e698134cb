import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { invalidCode } from '../codes/one-time-code.ts';
import { originOf } from '../origin.ts';
import { lockCredential } from '../queries/credentials.ts';
import { consumeChallenge, takeChallengeAttempt } from '../queries/mfa-challenges.ts';
import { activateTotp, findActiveFactors, findPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { openSession, type TokenSet } from '../sessions/open-session.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { afterActivation, type ConfirmedFactor } from './activate-factor.ts';
import { type OpenChallenge, openChallenge } from './challenge.ts';
import { limitAttempts } from './limit-attempts.ts';
import { withSecondFactor } from './methods.ts';
import { stepOfCode } from './totp.ts';

/**
 * Completes a sign-in that had to wait for a first second factor: the app counts, and a session opens that has seen it.
 * INVALID_CODE for a wrong code, for a challenge that is not good, and when the account has got a factor meanwhile.
 */
export async function enrolTotp(
  services: Services,
  given: { challengeId: string; code: string },
  client: ClientInfo,
): Promise<ConfirmedFactor & { tokens: TokenSet }> {
  const tenant = await services.tenants.ofHost(client.host);
  await limitAttempts(services, client);
  const issuer = await services.issuers.of(tenant);
  const open = await openChallenge(services, tenant, given.challengeId, 'enrol');
  const { confirmed, session } = await confirmFirstApp(
    services,
    open,
    { code: given.code, client },
    (unit, amr) => openSession(unit, { issuer, subject: open.subject, amr, client }),
  );
  return { ...confirmed, tokens: session };
}

/**
 * Has the app count that was started for this challenge, once its code is right, with the session that `openIt` opens in
 * the same transaction. INVALID_CODE.
 */
export async function confirmFirstApp<S extends { sessionId: string }>(
  services: Services,
  { challenge, subject }: OpenChallenge,
  { code, client }: { code: string; client: ClientInfo },
  openIt: (unit: UnitOfWork, amr: string[]) => Promise<S>,
): Promise<{ confirmed: ConfirmedFactor; session: S }> {
  const { idHash, tenantId, userId } = challenge;
  const enrolled = await inUnitOfWork(services, async (unit) => {
    await lockCredential(unit.tx, [tenantId, userId]);
    const attempts = services.config.mfaAttempts;
    const [taken] = await takeChallengeAttempt(unit.tx, [tenantId, idHash, attempts, 'enrol']);
    if (!taken || (await findActiveFactors(unit.tx, subject)).length > 0) return undefined;
    const pending = await findPendingFactor(unit.tx, subject, 'totp');
    if (!pending?.secretJwe) return undefined;
    const step = await stepOfCode(services.config, pending.secretJwe, code);
    if (step === undefined) return undefined;
    if ((await activateTotp(unit.tx, [pending.id, pending.secretJwe, step])).length === 0) return undefined;
    await consumeChallenge(unit.tx, [idHash]);
    const amr = withSecondFactor(taken.amr, 'TOTP');
    const session = await openIt(unit, amr);
    const current = { tenantId, userId, sessionId: session.sessionId, amr };
    const confirmed = await afterActivation(services, unit, {
      current,
      kind: 'totp',
      origin: originOf(client),
    });
    return { confirmed, session };
  });
  if (!enrolled) throw invalidCode();
  return enrolled;
}
