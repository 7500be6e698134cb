import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Provider } from 'oidc-provider';
import type { Policies, TenantPolicy } from '../policies/login-policy.ts';
import { issuerOf, type Tenant, type Tenants } from '../tenants.ts';
import { buildProvider, type ProviderDeps } from './provider.ts';
import { signingKeysOf } from './signing-keys.ts';

/** A tenant, and how people sign in to it at the time of the request. */
export type HomeTenant = Tenant & { policy: TenantPolicy };

export type Issuer = {
  tenant: HomeTenant;
  provider: Provider;
  /** Answers one HTTP request whose URL is below the issuer. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  publicKeys: JWK[];
};

/** How long the provider of a tenant that nobody asks is kept: it is some 60 KB, and built in a moment. */
const idleMs = 900_000;
/** How long keys may have changed in the database before a process notices. */
const checkEveryMs = 30_000;

/** The tenants' OpenID providers, built when first asked for and again when keys or address have changed. */
export function openIssuers(deps: ProviderDeps & { tenants: Tenants; policies: Policies }) {
  const built = new LRUCache<
    string,
    { issuer: Issuer; of: Tenant; fingerprint: string; checkedAt: number; usedAt: number }
  >({
    max: 1_000,
  });

  async function of(tenant: Tenant): Promise<Issuer> {
    const policy = await deps.policies.of(tenant.id);
    const known = built.get(tenant.id);
    if (known) known.usedAt = Date.now();
    const fresh = known?.fingerprint.startsWith(`${issuerOf(tenant)} `);
    // What makes no other issuer, such as branding and policy, is taken over as it is now.
    if (known && fresh && (known.of !== tenant || known.issuer.tenant.policy !== policy)) {
      known.of = tenant;
      Object.assign(known.issuer.tenant, tenant, { policy });
    }
    if (known && fresh && known.checkedAt + checkEveryMs > Date.now()) return known.issuer;
    const keys = await signingKeysOf(deps, tenant.id);
    const fingerprint = `${issuerOf(tenant)} ${keys.map((key) => key.kid).join(' ')}`;
    const current = built.get(tenant.id);
    if (current?.fingerprint === fingerprint) {
      current.checkedAt = Date.now();
      return current.issuer;
    }
    const publicKeys = keys.map(({ d: _, ...key }) => key);
    const own = { ...tenant, policy };
    const provider = buildProvider(deps, own, keys);
    const issuer = { tenant: own, provider, handle: provider.callback(), publicKeys };
    built.set(tenant.id, { issuer, of: tenant, fingerprint, checkedAt: Date.now(), usedAt: Date.now() });
    return issuer;
  }

  return {
    of,
    /** Lets go of providers that nobody has asked for a while. */
    dropIdle(now = Date.now()): void {
      for (const [tenantId, { usedAt }] of built) if (usedAt + idleMs < now) built.delete(tenantId);
    },
    /** The issuer with this identifier; undefined when it is not ours. */
    async byIdentifier(identifier: string): Promise<Issuer | undefined> {
      const url = URL.parse(identifier);
      if (!url || identifier.length > 500) return undefined;
      const tenant = await deps.tenants.find(url.host);
      return tenant && issuerOf(tenant) === identifier ? of(tenant) : undefined;
    },
  };
}

export type Issuers = ReturnType<typeof openIssuers>;
