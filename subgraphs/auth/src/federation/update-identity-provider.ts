import { type Principal, refuseApiKey } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import {
  findIdentityProvider,
  lockIdentityProvider,
  updateIdentityProviderRow,
} from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { withClaims } from './create-identity-provider.ts';
import { noProvider } from './find-provider.ts';
import { keepSecret, readSecret } from './provider-clients.ts';
import {
  checkProvider,
  optionalProviderFields,
  providerFields,
  requireAuthorityOver,
  requireSameBot,
} from './provider-input.ts';
import { tellOfProvider } from './tell-of-provider.ts';

const inputShape = (allowPrivate: boolean) => {
  const fields = providerFields(allowPrivate);
  return z.object({
    ...optionalProviderFields(fields),
    identityProviderId: z.uuid(),
    name: fields.name.nullish(),
    clientId: fields.clientId.nullish(),
    passwordRealm: fields.passwordRealm.optional(),
    tokenAudience: fields.tokenAudience.optional(),
  });
};

/**
 * Changes a provider; what is left out stays. Whoever changes it answers for all that it gives from then on. NOT_FOUND;
 * otherwise as `createIdentityProvider`.
 */
export async function updateIdentityProvider(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ identityProvider: IdentityProvider }> {
  const input = readInput(inputShape(services.config.outgoingPrivate), request);
  const { identityProviderId, clientSecret, claims, passwordRealm, tokenAudience, ...rest } = input;
  refuseApiKey(principal);
  await requireRecentSession(services, principal);
  const { config } = services;
  const secretJwe = clientSecret == null ? undefined : await keepSecret(config, clientSecret);
  const given = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  const { tenantId } = principal;
  const known = await findIdentityProvider(services.database.db, tenantId, identityProviderId);
  if (!known) throw noProvider();
  const roles = {
    signUpRole: input.signUpRole ?? known.signUpRole,
    roleMappings: input.roleMappings ?? known.roleMappings,
  };
  // Before the transaction: who holds a connection must not wait for another.
  await requireAuthorityOver(services, principal, roles);
  const identityProvider = await inUnitOfWork(services, async (unit) => {
    const before = await lockIdentityProvider(unit.tx, tenantId, identityProviderId);
    if (!before) throw noProvider();
    if (before.updatedAt.getTime() !== known.updatedAt.getTime()) {
      throw new GatehouseError('CONFLICT', 'The provider was changed at the same time.');
    }
    if (clientSecret != null && before.secretJwe) {
      requireSameBot(before.kind, await readSecret(config, before.secretJwe), clientSecret);
    }
    const changes: Partial<IdentityProvider> = {
      ...(Object.fromEntries(given) as Partial<IdentityProvider>),
      ...(secretJwe !== undefined && { secretJwe }),
      ...(claims && { claims: withClaims(before.claims, claims) }),
      ...(passwordRealm !== undefined && { passwordRealm }),
      ...(tokenAudience !== undefined && { tokenAudience }),
    };
    const wanted = { ...before, ...changes, ceiling: [...principal.permissions] };
    checkProvider(wanted);
    const provider = await updateIdentityProviderRow(unit.tx, before, {
      ...changes,
      ceiling: wanted.ceiling,
    });
    const changed = Object.keys(changes).map((name) => (name === 'secretJwe' ? 'clientSecret' : name));
    await tellOfProvider(unit, 'IDENTITY_PROVIDER_UPDATED', provider, {
      principal,
      client,
      changed: changed.sort(),
    });
    return provider;
  });
  return { identityProvider };
}
