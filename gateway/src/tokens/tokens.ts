import type { KeyValue, PubSub } from '@gatehouse/data';
import { type Revocation, revocationChannel } from '@gatehouse/identity';
import type { Logger } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { LRUCache } from 'lru-cache';
import type { Identity, VerifiedToken } from './identity.ts';
import { createIssuers } from './issuers.ts';
import { createLocalIdentities } from './local-identities.ts';
import { hashOf, readBearer, unauthenticated } from './read-bearer.ts';
import { createSharedPrincipals } from './shared-principals.ts';
import { createTenants } from './tenants.ts';
import { verifyToken } from './verify-token.ts';
import { createWatchers } from './watchers.ts';

export type Tokens = {
  /** Who the presented token stands for at this host; `UNAUTHENTICATED` when it does not stand. */
  authenticate(authorization: readonly string[], host: string): Identity | Promise<Identity>;
  /** Whom a token verified before stands for now; null when it no longer does. */
  current(token: VerifiedToken): Promise<Identity | null>;
  /** Calls the listener whenever what is known about the token's subject may have changed. Answers a function that ends it. */
  watch(token: VerifiedToken, listener: () => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
};

type Bearer = { text: string; hash: string };

/** How long a token found revoked is refused without asking. It never stands again; the cache only has to be bounded. */
const refusedLifeMs = 10_000;

export function createTokens(deps: {
  keyValue: KeyValue;
  pubSub: PubSub;
  call: CallSubgraph;
  logger: Logger;
}): Tokens {
  const { pubSub, call } = deps;
  const issuers = createIssuers(call);
  const tenants = createTenants(call);
  const principalOf = createSharedPrincipals(deps.keyValue, call);
  const local = createLocalIdentities();
  const watchers = createWatchers();
  /** A connection presents the same array as long as it presents the same token. */
  const bearers = new WeakMap<readonly string[], Bearer>();
  const refused = new LRUCache<string, true>({ max: 10_000, ttl: refusedLifeMs });
  const asking = new Map<string, { subject: string; outdated: boolean; answer: Promise<Identity | null> }>();
  const endings: (() => void | Promise<void>)[] = [];

  /** Asks once for all requests that carry the token; asks again when a revocation came in meanwhile. */
  const ask = (token: VerifiedToken): Promise<Identity | null> => {
    const running = asking.get(token.hash);
    if (running && !running.outdated) return running.answer;
    const question = {
      subject: token.subject,
      outdated: false,
      answer: Promise.resolve<Identity | null>(null),
    };
    question.answer = (async () => {
      const principal = await principalOf(token);
      if (question.outdated) return ask(token);
      if (!principal || principal.tenantId !== token.tenantId) {
        refused.set(token.hash, true);
        return null;
      }
      const identity = { token, principal };
      local.set(identity);
      return identity;
    })().finally(() => {
      if (asking.get(token.hash) === question) asking.delete(token.hash);
    });
    asking.set(token.hash, question);
    return question.answer;
  };

  const current = async (token: VerifiedToken): Promise<Identity | null> => {
    if (token.expiresAt * 1000 <= Date.now()) return null;
    return local.get(token.hash) ?? (await ask(token));
  };

  const outdate = (subject?: string) => {
    for (const question of asking.values())
      if (!subject || question.subject === subject) question.outdated = true;
  };

  const revoked = ({ userId, sessionId }: Revocation) => {
    outdate(userId);
    local.drop(userId, sessionId);
    watchers.tell(userId);
  };

  const bearerOf = (authorization: readonly string[]): Bearer => {
    const known = bearers.get(authorization);
    if (known) return known;
    const text = readBearer(authorization);
    const bearer = { text, hash: hashOf(text) };
    bearers.set(authorization, bearer);
    return bearer;
  };

  const find = async (
    { text, hash }: Bearer,
    known: Identity | undefined,
    host: string,
  ): Promise<Identity> => {
    if (refused.has(hash)) throw unauthenticated();
    const token = known?.token ?? (await verifyToken(text, issuers));
    const isHome = host === token.host || (await tenants.ofHost(host)) === token.tenantId;
    if (!isHome) throw unauthenticated();
    const identity = known ?? (await current(token));
    if (!identity) throw unauthenticated();
    return identity;
  };

  return {
    authenticate(authorization, host) {
      const bearer = bearerOf(authorization);
      const known = local.get(bearer.hash);
      return known && host === known.token.host ? known : find(bearer, known, host);
    },
    current,
    watch: (token, listener) => watchers.add(token.subject, listener),
    async start() {
      const unsubscribe = await pubSub.subscribe<Revocation>(revocationChannel, revoked);
      endings.push(unsubscribe);
      endings.push(
        pubSub.onConnectionChange((connected) => {
          outdate();
          local.setHeard(connected);
          watchers.tellAll();
        }),
      );
      const unheard = setInterval(() => {
        if (!local.heard) watchers.tellAll();
      }, 1_000).unref();
      endings.push(() => clearInterval(unheard));
    },
    async stop() {
      for (const end of endings.splice(0)) await end();
    },
  };
}
