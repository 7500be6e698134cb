import { newId } from '@gatehouse/data';
import { type Principal, refuseApiKey } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { countIdentityProviders, insertIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider, ProviderClaims } from '../tables/identity-provider.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { traits } from './kinds.ts';
import { keepSecret } from './provider-clients.ts';
import {
  checkProvider,
  optionalProviderFields,
  providerFields,
  requireAuthorityOver,
  tooMany,
} from './provider-input.ts';
import { tellOfProvider } from './tell-of-provider.ts';

/** Each is looked after; the enabled ones are shown on a sign-in page. */
const maxProviders = 100;

const inputShape = (allowPrivate: boolean) => {
  const fields = providerFields(allowPrivate);
  return z.object({
    ...optionalProviderFields(fields),
    name: fields.name,
    kind: fields.kind,
    issuer: fields.issuer.nullish(),
    clientId: fields.clientId,
    passwordRealm: fields.passwordRealm.nullish(),
    tokenAudience: fields.tokenAudience.nullish(),
  });
};

/**
 * Adds a provider; its secret is kept encrypted and never told again. BAD_USER_INPUT for what does not fit the kind;
 * FORBIDDEN for roles beyond the caller, and for an API key; CONFLICT past 100; STEP_UP_REQUIRED.
 */
export async function createIdentityProvider(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ identityProvider: IdentityProvider }> {
  const given = readInput(inputShape(services.config.outgoingPrivate), request);
  refuseApiKey(principal);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const { kind, clientSecret, claims } = given;
  const preset = traits[kind];
  const row = {
    id: newId(),
    tenantId,
    name: given.name,
    kind,
    issuer: given.issuer ?? (preset.protocol === 'openid' ? preset.issuer : null),
    clientId: given.clientId,
    secretJwe: clientSecret == null ? null : await keepSecret(services.config, clientSecret),
    scopes: given.scopes?.length ? given.scopes : [...preset.scopes],
    enabled: given.enabled ?? true,
    signUp: given.signUp ?? false,
    emailDomains: given.emailDomains ?? [],
    signUpRole:
      given.signUpRole ?? (preset.protocol === 'openid' && kind !== 'GOOGLE' ? 'user' : 'self-registration'),
    emailTrust: given.emailTrust ?? ('VERIFIED' as const),
    linkByEmail: given.linkByEmail ?? false,
    trustMfa: given.trustMfa ?? false,
    claims: withClaims(preset.claims, claims),
    roleMappings: given.roleMappings ?? [],
    ceiling: [...principal.permissions],
    passwordLogin: given.passwordLogin ?? false,
    passwordRealm: given.passwordRealm ?? null,
    acceptTokens: given.acceptTokens ?? false,
    tokenAudience: given.tokenAudience ?? null,
  };
  checkProvider(row);
  await requireAuthorityOver(services, principal, row);
  const identityProvider = await inUnitOfWork(services, async (unit) => {
    if ((await countIdentityProviders(unit.tx, tenantId)) >= maxProviders) throw tooMany(maxProviders);
    const provider = await insertIdentityProvider(unit.tx, row);
    await tellOfProvider(unit, 'IDENTITY_PROVIDER_CREATED', provider, { principal, client });
    return provider;
  });
  return { identityProvider };
}

/** Names of claims with those given in place of others. */
export const withClaims = (
  before: ProviderClaims,
  given: Partial<Record<keyof ProviderClaims, string | null | undefined>> | null | undefined,
): ProviderClaims => ({
  email: given?.email ?? before.email,
  firstName: given?.firstName ?? before.firstName,
  lastName: given?.lastName ?? before.lastName,
  roles: given?.roles === undefined ? before.roles : given.roles,
});
