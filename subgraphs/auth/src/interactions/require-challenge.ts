import { GatehouseError } from '@gatehouse/service-kit';
import { challengeOfInteraction, type OpenChallenge } from '../mfa/challenge.ts';
import type { Issuer } from '../oidc/issuers.ts';
import type { Services } from '../services.ts';
import type { ChallengePurpose } from '../tables/mfa-challenge.ts';
import { type Interaction, requirePrompt } from './open-interaction.ts';

/** What the interaction waits for, when it is this. CONFLICT when it is not, or no longer. */
export async function requireChallenge(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  purpose: ChallengePurpose,
): Promise<OpenChallenge> {
  requirePrompt(interaction, 'login');
  const open = await challengeOfInteraction(services, issuer.tenant, interaction.uid);
  if (open?.challenge.purpose === purpose) return open;
  throw new GatehouseError('CONFLICT', 'This interaction does not wait for a second factor.');
}
