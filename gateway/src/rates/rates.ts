import type { Principal } from '@gatehouse/identity';
import { GatehouseError, networkOf } from '@gatehouse/service-kit';
import { LRUCache } from 'lru-cache';
import type { Exchange } from '../operation/exchange.ts';
import { type Policy, policyOf, type RateLimits } from './policies.ts';
import { afterwards, type Count, type RateStore } from './store.ts';
import { secondsUntil } from './usage.ts';

type Step = (exchange: Exchange) => void | Promise<void>;

/** The rate limits of the edge. Every step counts first and refuses with `RATE_LIMITED` what is past a quota. */
export type Rates = {
  /** By address, before anything is known of the caller. */
  countAddress: Step;
  /** By user, client or API key. */
  countPrincipal: Step;
  /** By root fields and by estimated cost, before the operation is executed. */
  countOperation: Step;
  /** Refuses to look at another token from an address that has presented too many bad ones. */
  checkTokens(ipAddress: string): void | Promise<void>;
  tokenFailed(ipAddress: string): void | Promise<void>;
};

export function createRates(limits: RateLimits, store: RateStore): Rates {
  const policy = (name: string, quota: number) => policyOf(name, quota, limits.windowSeconds);
  const [anonymous, address] = [policy('anonymous', limits.anonymous), policy('address', limits.address)];
  const byKind = {
    user: policy('user', limits.user),
    client: policy('client', limits.client),
    'api-key': policy('api-key', limits.apiKey),
  };
  const cost = policy('cost', limits.cost);
  const tokens = policy('token-failures', limits.tokenFailures);
  const operations = new Map(
    Object.entries(limits.operations).map(([field, quota]) => [field, policy(`operation-${field}`, quota)]),
  );

  /** Finding the network of an IPv6 address takes longer than all the counting. */
  const networks = new LRUCache<string, string>({ max: 10_000 });
  const network = (ipAddress: string): string => {
    if (!ipAddress.includes(':')) return ipAddress;
    const known = networks.get(ipAddress);
    if (known !== undefined) return known;
    const found = networkOf(ipAddress);
    networks.set(ipAddress, found);
    return found;
  };
  const keyFor = createKeys();
  const holderOf = ({ caller: { principal }, client }: Exchange): string =>
    principal ? keyOf(principal) : network(client.ipAddress);

  const count = (exchange: Exchange, policy: Policy, key: string, points: number) =>
    afterwards(store.add(keyFor(policy, key), points, policy.windowSeconds), (count) => {
      exchange.usages.push({ policy, count });
      if (count.used > policy.quota) throw tooMany(policy, count);
    });

  /** What does not fit is not taken: cheaper operations may still. */
  const countCost = (exchange: Exchange, policy: Policy): void | Promise<void> => {
    const key = keyFor(policy, holderOf(exchange));
    return afterwards(store.add(key, exchange.cost, policy.windowSeconds), (added) => {
      exchange.usages.push({ policy, count: added });
      if (added.used <= policy.quota) return;
      return afterwards(store.add(key, -exchange.cost, policy.windowSeconds), (left) => {
        exchange.usages[exchange.usages.length - 1] = { policy, count: left };
        throw tooMany(policy, left);
      });
    });
  };

  const countFields = (exchange: Exchange): void | Promise<void> => {
    const limited: [Policy, number][] = [];
    for (const [field, times] of exchange.operation?.rootFields ?? []) {
      const policy = operations.get(field);
      if (policy) limited.push([policy, times]);
    }
    if (limited.length === 0) return;
    const { principal } = exchange.caller;
    const key = principal?.kind === 'client' ? keyOf(principal) : network(exchange.client.ipAddress);
    const next = (at: number): void | Promise<void> => {
      const [policy, times] = limited[at] ?? [];
      if (!policy || !times) return;
      return afterwards(count(exchange, policy, key, times), () => next(at + 1));
    };
    return next(0);
  };

  return {
    countAddress(exchange) {
      const policy = exchange.authorization.length === 0 ? anonymous : address;
      if (policy) return count(exchange, policy, network(exchange.client.ipAddress), 1);
    },
    countPrincipal(exchange) {
      const { principal } = exchange.caller;
      const policy = principal && byKind[principal.kind];
      if (principal && policy) return count(exchange, policy, keyOf(principal), 1);
    },
    countOperation(exchange) {
      const counting = operations.size > 0 ? countFields(exchange) : undefined;
      if (!cost) return counting;
      return counting ? counting.then(() => countCost(exchange, cost)) : countCost(exchange, cost);
    },
    checkTokens(ipAddress) {
      if (!tokens) return;
      return afterwards(store.read(keyFor(tokens, network(ipAddress))), (failed) => {
        if (failed && failed.used >= tokens.quota) throw tooMany(tokens, failed);
      });
    },
    tokenFailed(ipAddress) {
      if (!tokens) return;
      return afterwards(store.add(`${tokens.name} ${network(ipAddress)}`, 1, tokens.windowSeconds), () => {});
    },
  };
}

const maxKeys = 10_000;

/** Keys of the store. They are looked up on every request, and a text made anew has to be hashed anew. */
function createKeys(): (policy: Policy, holder: string) => string {
  const byPolicy = new Map<Policy, Map<string, string>>();
  return (policy, holder) => {
    let keys = byPolicy.get(policy);
    if (!keys || keys.size >= maxKeys) {
      keys = new Map();
      byPolicy.set(policy, keys);
    }
    const known = keys.get(holder);
    if (known !== undefined) return known;
    const key = `${policy.name} ${holder}`;
    keys.set(holder, key);
    return key;
  };
}

function keyOf(principal: Principal): string {
  if (principal.kind === 'user') return principal.userId;
  return principal.kind === 'client' ? `${principal.tenantId}/${principal.clientId}` : principal.apiKeyId;
}

const tooMany = (policy: Policy, count: Count): GatehouseError =>
  new GatehouseError(
    'RATE_LIMITED',
    `More than ${policy.quota} in ${policy.windowSeconds} seconds (${policy.name}).`,
    { retryAfter: secondsUntil(count) },
  );
