import type { EventEmitter } from 'node:events';
import { databaseOutage } from '@gatehouse/data';
import type { JWK } from 'jose';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Services } from '../services.ts';
import { issuerOf } from '../tenants.ts';
import { deliverLogoutAfterwards } from './backchannel-logout.ts';
import { compareHashedSecrets } from './client-metadata.ts';
import { configurationFor } from './configuration.ts';
import { truthfulDiscovery } from './discovery.ts';
import { CollectedResponse } from './inject.ts';
import type { HomeTenant } from './issuers.ts';
import { endLoggedOutSession } from './logout.ts';
import { measureGrants } from './measure-grants.ts';
import { securePages } from './pages.ts';
import { registerSessionGrant } from './session-grant.ts';
import { afterTokenEndpoint, noteRevokedGrants } from './token-endpoint.ts';
import { registerTokenExchange } from './token-exchange.ts';
import { keepContextsYoung } from './young-contexts.ts';

export type ProviderDeps = Pick<
  Services,
  'database' | 'config' | 'call' | 'logger' | 'metrics' | 'outgoing' | 'providerClients'
>;

/** The OpenID provider of one tenant. */
export function buildProvider(deps: ProviderDeps, tenant: HomeTenant, keys: JWK[]): Provider {
  const provider = new Provider(issuerOf(tenant), configurationFor(deps, tenant, keys));
  provider.proxy = true;
  provider.maxIpsCount = 1;
  compareHashedSecrets(provider);
  deliverLogoutAfterwards(provider);
  keepContextsYoung(provider);
  // Every client learns the session's id: it comes back in logout tokens.
  provider.Client.prototype.includeSid = () => true;
  registerSessionGrant(deps, provider, tenant);
  registerTokenExchange(deps, provider, tenant);
  provider.use(measureGrants(deps.metrics));
  provider.use(truthfulDiscovery);
  provider.use(securePages(tenant));
  provider.use(afterTokenEndpoint(deps, tenant.id));
  provider.use((ctx, next) =>
    ctx.path.startsWith('/logout')
      ? next().then(() => endLoggedOutSession(ctx as KoaContextWithOIDC, tenant))
      : next(),
  );
  noteRevokedGrants(provider);
  const failed = (ctx: KoaContextWithOIDC | undefined, err: Error) => {
    const outage = databaseOutage(err);
    if (!outage) return deps.logger.error({ err }, 'the token core failed');
    // For machines; a person is shown the page that oidc-provider makes of it.
    if (ctx?.res instanceof CollectedResponse && ctx.accepts('json', 'html') === 'json') ctx.res.fail(outage);
  };
  provider.on('server_error', failed);
  // Koa prints what nobody listens to.
  const koa: EventEmitter = provider;
  koa.on('error', (err: Error, ctx?: KoaContextWithOIDC) => failed(ctx, err));
  return provider;
}
