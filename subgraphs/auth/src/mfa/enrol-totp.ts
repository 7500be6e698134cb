import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { activateTotp, findFactor, findPendingFactor } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import type { TokenSet } from '../sessions/open-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { ConfirmedFactor } from './activate-factor.ts';
import type { OpenChallenge } from './challenge.ts';
import { confirmFirstFactor } from './confirm-first-factor.ts';
import { enrol } from './enrol.ts';
import { amrOfCode } from './methods.ts';
import { stepOfCode } from './totp.ts';

/** Completes a sign-in that had to wait for a first second factor, with an authenticator app. INVALID_CODE. */
export function enrolTotp(
  services: Services,
  given: { challengeId: string; code: string },
  client: ClientInfo,
): Promise<ConfirmedFactor & { tokens: TokenSet }> {
  const { challengeId, code } = given;
  return enrol(services, { challengeId, client }, (open, openIt) =>
    confirmFirstApp(services, open, { code, client }, openIt),
  );
}

/** Has the app count that was started for this challenge, once its code is right, with the session that `openIt` opens. */
export const confirmFirstApp = <S extends { sessionId: string }>(
  services: Services,
  open: OpenChallenge,
  { code, client }: { code: string; client: ClientInfo },
  openIt: (unit: UnitOfWork, amr: string[]) => Promise<S>,
): Promise<{ confirmed: ConfirmedFactor; session: S }> =>
  confirmFirstFactor(services, open, {
    client,
    proof: amrOfCode('TOTP'),
    async activate({ tx }) {
      const pending = await findPendingFactor(tx, open.subject, 'totp');
      if (!pending?.secretJwe) return undefined;
      const step = await stepOfCode(services.config, pending.secretJwe, code);
      if (step === undefined) return undefined;
      const [activated] = await activateTotp(tx, [pending.id, pending.secretJwe, step]);
      return activated && findFactor(tx, open.subject, activated.id);
    },
    openIt,
  });
