import { GatehouseError, networkOf } from '@gatehouse/service-kit';
import { LRUCache } from 'lru-cache';
import type { AuthDeps } from '../deps.ts';

/** Networks that are remembered to be past the quota. */
const maxNetworks = 10_000;

export type ClientFailures = {
  /** RATE_LIMITED for a network that has failed too often; asks nobody. */
  check(ipAddress: string): void;
  failed(ipAddress: string): Promise<void>;
};

/**
 * Bounds how often a network may fail to authenticate as an OAuth client, whatever clients it names. Only failures count, in
 * all processes together, so that a request that authenticates costs nothing; a client is not locked for what others fail with,
 * since its secret can't be guessed.
 */
export function limitClientFailures({
  keyValue,
  config,
}: Pick<AuthDeps, 'keyValue' | 'config'>): ClientFailures {
  const { clientFailuresPerNetwork: most, lockoutSeconds } = config;
  const past = new LRUCache<string, number>({ max: maxNetworks });
  return {
    check(ipAddress) {
      const until = past.get(networkOf(ipAddress)) ?? 0;
      const retryAfter = Math.ceil((until - Date.now()) / 1000);
      if (retryAfter <= 0) return;
      throw new GatehouseError('RATE_LIMITED', 'Too many failed authentications.', { retryAfter });
    },
    async failed(ipAddress) {
      const network = networkOf(ipAddress);
      const count = await keyValue.increment(`client-failures:${network}`, { ttlSeconds: lockoutSeconds });
      if (count < most) return;
      const ttl = lockoutSeconds * 1000;
      past.set(network, Date.now() + ttl, { ttl });
    },
  };
}
