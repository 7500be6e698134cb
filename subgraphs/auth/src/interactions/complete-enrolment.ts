import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { ConfirmFirst } from '../mfa/enrol.ts';
import { limitAttempts } from '../mfa/limit-attempts.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';
import { type BrowserSession, completeSignIn } from './complete-sign-in.ts';
import type { Interaction } from './open-interaction.ts';
import { requireChallenge } from './require-challenge.ts';

/**
 * Completes the sign-in that waited for a first factor, as `enrol` does for the API. The backup codes are shown this once.
 * INVALID_CODE, RATE_LIMITED; CONFLICT when no first factor is asked for.
 */
export async function completeEnrolment(
  services: Services,
  issuer: Issuer,
  { interaction, client }: { interaction: Interaction; client: ClientInfo },
  confirmFirst: ConfirmFirst,
): Promise<BrowserSession & { backupCodes: string[] }> {
  const open = await requireChallenge(services, issuer, interaction, 'enrol');
  await limitAttempts(services, client);
  const { subject } = open;
  const { risk, external } = open.challenge;
  const { confirmed, session } = await confirmFirst(open, (unit, amr) =>
    completeSignIn(unit, issuer, interaction, { subject, amr, client, risk, external }),
  );
  return { ...session, backupCodes: confirmed.backupCodes ?? [] };
}
