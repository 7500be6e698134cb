import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { LRUCache } from 'lru-cache';
import { TenantOfHostDocument } from '../../generated/calls.ts';

export type Tenants = {
  /** Id of the tenant that owns a host; null when none does. */
  ofHost(host: string): Promise<string | null>;
};

const maxHosts = 2_000;
const lifeMs = 60_000;
const unknownLifeMs = 5_000;

/** Which tenant a host belongs to, asked of the user subgraph and kept for a minute. */
export function createTenants(call: CallSubgraph): Tenants {
  const hosts = new LRUCache<string, Promise<string | null>>({ max: maxHosts });
  return {
    ofHost(host) {
      const known = hosts.get(host);
      if (known) return known;
      const asked = call('user', TenantOfHostDocument, { host }).then(
        ({ tenantByHost }) => tenantByHost?.id ?? null,
      );
      hosts.set(host, asked, { ttl: lifeMs });
      asked.then(
        (id) => {
          if (id === null && hosts.get(host) === asked) hosts.set(host, asked, { ttl: unknownLifeMs });
        },
        () => {
          if (hosts.get(host) === asked) hosts.delete(host);
        },
      );
      return asked;
    },
  };
}
