import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Services } from '../services.ts';
import type { TokenSet } from '../sessions/open-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { ConfirmedFactor } from './activate-factor.ts';
import type { OpenChallenge } from './challenge.ts';
import { activateCodeFactor, type CodeFactorKind } from './confirm-code-factor.ts';
import { confirmFirstFactor } from './confirm-first-factor.ts';
import { enrol } from './enrol.ts';
import { amrOfCode, methodOf } from './methods.ts';

type SentCode = { kind: CodeFactorKind; code: string; client: ClientInfo };

/** Completes a sign-in that had to wait for a first second factor, with codes by e-mail or SMS. INVALID_CODE. */
export function enrolCodeFactor(
  services: Services,
  given: SentCode & { challengeId: string },
): Promise<ConfirmedFactor & { tokens: TokenSet }> {
  return enrol(services, given, (open, openIt) => confirmFirstCode(services, open, given, openIt));
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
