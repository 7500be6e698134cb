import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Services } from '../services.ts';
import { openSession, type TokenSet } from '../sessions/open-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { ConfirmedFactor } from './activate-factor.ts';
import { type OpenChallenge, openChallenge } from './challenge.ts';
import { activateCodeFactor, type CodeFactorKind } from './confirm-code-factor.ts';
import { confirmFirstFactor } from './confirm-first-factor.ts';
import { limitAttempts } from './limit-attempts.ts';
import { amrOfCode, methodOf } from './methods.ts';

type SentCode = { kind: CodeFactorKind; code: string; client: ClientInfo };

/**
 * Completes a sign-in that had to wait for a first second factor: e-mail or SMS counts, and a session opens that has seen it.
 * INVALID_CODE for a wrong code, for a challenge that is not good, and when the account has got a factor meanwhile.
 */
export async function enrolCodeFactor(
  services: Services,
  given: SentCode & { challengeId: string },
): Promise<ConfirmedFactor & { tokens: TokenSet }> {
  const { client } = given;
  const tenant = await services.tenants.ofHost(client.host);
  await limitAttempts(services, client);
  const issuer = await services.issuers.of(tenant);
  const open = await openChallenge(services, tenant, given.challengeId, 'enrol');
  const { confirmed, session } = await confirmFirstCode(services, open, given, (unit, amr) =>
    openSession(unit, {
      issuer,
      subject: open.subject,
      amr,
      client,
      risk: open.challenge.risk,
      external: open.challenge.external,
    }),
  );
  return { ...confirmed, tokens: session };
}

/** Has the factor count that was started for this challenge, once its code is right, with the session that `openIt` opens. */
export const confirmFirstCode = <S extends { sessionId: string }>(
  services: Services,
  open: OpenChallenge,
  { kind, code, client }: SentCode,
  openIt: (unit: UnitOfWork, amr: string[]) => Promise<S>,
): Promise<{ confirmed: ConfirmedFactor; session: S }> =>
  confirmFirstFactor(services, open, {
    client,
    proof: amrOfCode(methodOf[kind]),
    activate(unit) {
      const { tenantId, userId } = open.subject;
      return activateCodeFactor(services, unit, { tenantId, userId, kind, code });
    },
    openIt,
  });
