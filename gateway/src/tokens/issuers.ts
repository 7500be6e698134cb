import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { type CryptoKey, importJWK, type JSONWebKeySet } from 'jose';
import { LRUCache } from 'lru-cache';
import { IssuerKeysDocument } from '../../generated/calls.ts';
import { unauthenticated } from './read-bearer.ts';

/** An issuer of ours with the keys that are bound to it. */
export type Issuer = { tenantId: string; host: string; keys: ReadonlyMap<string, CryptoKey> };

export type Issuers = {
  /** The issuer, its keys holding `kid`; `UNAUTHENTICATED` for one that is not ours or a key it does not have. */
  withKey(issuer: string, kid: string): Promise<Issuer>;
};

type Known = { issuer: Issuer | null; readAt: number };

const maxIssuers = 1_000;
const maxIssuerLength = 300;
/** How long keys are believed without asking again: a retired key is refused after this at the latest. */
const keysLifeMs = 600_000;
/** How long an unknown issuer stays unknown, and how often a key not found makes us ask again. */
const askAgainMs = 30_000;
/** Questions about issuers never heard of, per second: whatever is above comes from someone making them up. */
const maxUnknownPerSecond = 20;

/** Keys of issuers, asked of the auth subgraph once and kept; flooding with made-up issuers or keys costs it nothing. */
export function createIssuers(call: CallSubgraph, now: () => number = Date.now): Issuers {
  const known = new LRUCache<string, Known>({ max: maxIssuers });
  const unknown = new LRUCache<string, number>({ max: maxIssuers });
  const asking = new Map<string, Promise<Issuer | null>>();
  let second = 0;
  let askedInSecond = 0;

  const ask = async (name: string): Promise<Issuer | null> => {
    const { issuerKeys } = await call('auth', IssuerKeysDocument, { issuer: name });
    const issuer = issuerKeys && issuerKeys.issuer === name ? await issuerOf(issuerKeys) : null;
    if (issuer) known.set(name, { issuer, readAt: now() });
    else {
      known.delete(name);
      unknown.set(name, now());
    }
    return issuer;
  };

  const askOnce = (name: string): Promise<Issuer | null> => {
    const running = asking.get(name) ?? ask(name).finally(() => asking.delete(name));
    asking.set(name, running);
    return running;
  };

  const mayAskAboutUnknown = (): boolean => {
    const current = Math.floor(now() / 1000);
    if (current !== second) [second, askedInSecond] = [current, 0];
    askedInSecond += 1;
    return askedInSecond <= maxUnknownPerSecond;
  };

  const find = (name: string): Issuer | null | Promise<Issuer | null> => {
    const entry = known.get(name);
    if (entry && now() - entry.readAt < keysLifeMs) return entry.issuer;
    if (entry) return askOnce(name);
    const refusedAt = unknown.get(name);
    if (refusedAt !== undefined && now() - refusedAt < askAgainMs) return null;
    return asking.has(name) || mayAskAboutUnknown() ? askOnce(name) : null;
  };

  return {
    async withKey(name, kid) {
      if (name.length > maxIssuerLength) throw unauthenticated();
      const issuer = await find(name);
      if (!issuer) throw unauthenticated();
      if (issuer.keys.has(kid)) return issuer;
      const entry = known.get(name);
      if (entry && now() - entry.readAt < askAgainMs) throw unauthenticated();
      const fresh = await askOnce(name);
      if (!fresh?.keys.has(kid)) throw unauthenticated();
      return fresh;
    },
  };
}

async function issuerOf(answer: { tenantId: string; host: string; jwks: unknown }): Promise<Issuer> {
  const keys = new Map<string, CryptoKey>();
  for (const jwk of (answer.jwks as JSONWebKeySet).keys) {
    if (jwk.kid && jwk.kty === 'EC' && jwk.crv === 'P-256') {
      keys.set(jwk.kid, (await importJWK(jwk, 'ES256')) as CryptoKey);
    }
  }
  return { tenantId: answer.tenantId, host: answer.host.toLowerCase(), keys };
}
