import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Services } from '../services.ts';
import { openSession, type TokenSet } from '../sessions/open-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { ConfirmedFactor } from './activate-factor.ts';
import { type OpenChallenge, openChallenge } from './challenge.ts';
import { limitAttempts } from './limit-attempts.ts';

/** Has a first factor count, with the session that `openIt` opens once it has. */
export type ConfirmFirst = <S extends { sessionId: string }>(
  open: OpenChallenge,
  openIt: (unit: UnitOfWork, amr: string[]) => Promise<S>,
) => Promise<{ confirmed: ConfirmedFactor; session: S }>;

/**
 * Completes a sign-in that had to wait for a first second factor: it counts, and a session opens that has seen it. INVALID_CODE for a wrong
 * code, for a challenge that is not good, and when the account has got a factor meanwhile.
 */
export async function enrol(
  services: Services,
  { challengeId, client }: { challengeId: string; client: ClientInfo },
  confirmFirst: ConfirmFirst,
): Promise<ConfirmedFactor & { tokens: TokenSet }> {
  const tenant = await services.tenants.ofHost(client.host);
  await limitAttempts(services, client);
  const issuer = await services.issuers.of(tenant);
  const open = await openChallenge(services, tenant, challengeId, 'enrol');
  const { subject } = open;
  const { risk, external } = open.challenge;
  const { confirmed, session } = await confirmFirst(open, (unit, amr) =>
    openSession(unit, { issuer, subject, amr, client, risk, external }),
  );
  return { ...confirmed, tokens: session };
}
