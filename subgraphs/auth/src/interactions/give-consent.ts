import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { allow } from '../oidc/interaction-policy.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { apiOf } from '../oidc/scopes.ts';
import { originOf } from '../origin.ts';
import { addConsent } from '../queries/consents.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import type { Interaction } from './open-interaction.ts';
import { requestedScopes } from './requested-scopes.ts';

/** Gives the client what it asks for, and remembers it. CONFLICT when nothing of the kind is asked here. */
export async function giveConsent(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  client: ClientInfo,
): Promise<void> {
  const { provider, tenant } = issuer;
  const { session, prompt, params } = interaction;
  if (prompt.name !== 'consent' || !session) {
    throw new GatehouseError('CONFLICT', 'This interaction does not ask for consent.');
  }
  const { accountId } = session;
  const clientId = String(params.client_id);
  const scopes = await requestedScopes(issuer, interaction);
  await inUnitOfWork(services, async (unit) => {
    const known = interaction.grantId ? await provider.Grant.find(interaction.grantId) : undefined;
    const grant = known?.accountId === accountId ? known : new provider.Grant({ accountId, clientId });
    allow(grant, apiOf(tenant), scopes);
    const grantId = await grant.save();
    await addConsent(unit.tx, { tenantId: tenant.id, userId: accountId, clientId }, scopes);
    unit.securityEvent({
      tenantId: tenant.id,
      type: 'CONSENT_GIVEN',
      userId: accountId,
      origin: originOf(client),
      details: { clientId, scopes },
    });
    interaction.result = { ...interaction.lastSubmission, consent: { grantId } };
    await interaction.persist();
  });
}
