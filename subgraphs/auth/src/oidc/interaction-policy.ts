import { type Grant, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { findConsentedScopes } from '../queries/consents.ts';
import type { Tenant } from '../tenants.ts';
import { inCurrentUnit } from '../unit-of-work.ts';
import { satisfies } from './authentication-context.ts';
import { isFirstParty } from './client-metadata.ts';
import type { ProviderDeps } from './provider.ts';
import { apiOf, scopesOf } from './scopes.ts';

const { Check, base } = interactionPolicy;

/** oidc-provider's reasons to ask, and two of ours. */
export function policy(): interactionPolicy.DefaultPolicy {
  const prompts = base();
  prompts.get('login')?.checks.add(
    new Check('account', 'the account may not sign in', 'login_required', ({ oidc }) => {
      return oidc.session?.accountId !== undefined && !oidc.account;
    }),
  );
  prompts.get('login')?.checks.add(
    new Check('acr_values', 'a stronger authentication was asked for', 'login_required', ({ oidc }) => {
      const requested = String(oidc.params?.acr_values ?? '')
        .split(' ')
        .filter(Boolean);
      // Voluntary (OpenID Connect Core §3.1.2.1): asked for once, and then `acr` tells what came of it.
      return (
        requested.length > 0 &&
        oidc.session?.accountId !== undefined &&
        !oidc.result?.login &&
        !satisfies(oidc.session.acr, requested)
      );
    }),
  );
  const consent = prompts.get('consent');
  // RFC 8252 §8.6: what listens on a loopback port is not surely the client. One of the house is trusted with it.
  const native = consent?.checks.get('native_client_prompt');
  if (native) {
    const { check } = native;
    native.check = (ctx) => (ctx.oidc.client && isFirstParty(ctx.oidc.client) ? false : check(ctx));
  }
  return prompts;
}

/**
 * The grant of this session and client: one just consented to, the one of the session, or one made of what the person
 * has allowed before. Clients of the house need no consent.
 */
export const loadGrant =
  (deps: ProviderDeps, tenant: Tenant) =>
  async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { client, session, account, result, provider } = ctx.oidc;
    if (!client || !session || !account) return undefined;
    // One `sid` for all clients of a session: the session's own id.
    session.sidFor(client.clientId, session.uid);
    const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
    const found = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant = found?.accountId === account.accountId ? found : undefined;
    const allowed = await allowedScopes(deps, tenant, ctx);
    const api = apiOf(tenant);
    const known = grant ? `${grant.getOIDCScope()} ${grant.getResourceScope(api)}`.split(' ') : [];
    if (allowed.every((scope) => known.includes(scope))) return grant;
    const extended = grant ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
    allow(extended, api, allowed);
    await extended.save();
    return extended;
  };

/** Adds scopes to a grant, for userinfo and for the API alike. */
export function allow(grant: Grant, api: string, scopes: readonly string[]): void {
  grant.addOIDCScope(scopes.join(' '));
  grant.addResourceScope(api, scopes.join(' '));
}

/** Of the scopes asked for, those that need no question. */
async function allowedScopes(
  deps: ProviderDeps,
  tenant: Tenant,
  { oidc }: KoaContextWithOIDC,
): Promise<string[]> {
  const { client, account } = oidc;
  if (!client || !account) return [];
  const possible = scopesOf(client);
  const requested = [...oidc.requestParamScopes].filter((scope) => possible.includes(scope));
  if (isFirstParty(client)) return requested;
  const key = { tenantId: tenant.id, userId: account.accountId, clientId: client.clientId };
  const consented = await inCurrentUnit(deps, (db) => findConsentedScopes(db, key));
  return requested.filter((scope) => consented.includes(scope));
}
