import type { KeyValue, PubSub } from '@gatehouse/data';
import { type Revocation, revocationChannel } from '@gatehouse/identity';
import { createMetrics, GatehouseError, type Logger, type Metrics } from '@gatehouse/service-kit';
import type { CallSubgraph, ClientInfo } from '@gatehouse/service-kit/subgraph';
import { LRUCache } from 'lru-cache';
import type { ApiKeyRefusal } from '../../generated/calls.ts';
import { addressList } from '../config.ts';
import { isListed } from '../http/client-info.ts';
import { createApiKeys } from './api-keys.ts';
import { dependsOn, type Identity, type Verified } from './identity.ts';
import { createIssuers } from './issuers.ts';
import { createKeyReports } from './key-reports.ts';
import { createBudget } from './known-issuers.ts';
import { createLocalIdentities } from './local-identities.ts';
import { createProofs, type Proof } from './proofs.ts';
import { createProvidedTokens, issuerNamedIn } from './provided-tokens.ts';
import { type Bearer, readBearer, unauthenticated } from './read-bearer.ts';
import { createSharedStandings, isStanding } from './shared-standings.ts';
import { isOpen, type Tenants } from './tenants.ts';
import { tokenStanding } from './token-standing.ts';
import { verifyToken } from './verify-token.ts';
import { createWatchers } from './watchers.ts';

export type Tokens = {
  /**
   * Who the presented token or API key stands for at the host that was asked; `UNAUTHENTICATED` when it does not stand, and
   * for a key that may not be presented from this address. A token that is bound to a key needs a proof with it.
   */
  authenticate(
    authorization: readonly string[],
    client: ClientInfo,
    proof: Proof | null,
  ): Identity | Promise<Identity>;
  /** Whom a token verified before stands for now; null when it no longer does. */
  current(token: Verified): Promise<Identity | null>;
  /** Calls the listener whenever what is known about the token's subject may have changed. Answers a function that ends it. */
  watch(token: Verified, listener: () => void): () => void;
  /** Whether the tenant that the token is presented to answers. */
  isOpen(token: Verified): Promise<boolean>;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * How long a token found revoked is refused without asking. It never stands again, and a key only if its owner is enabled
 * again; the cache only has to be bounded.
 */
const refusedLifeMs = 10_000;

const checksDefinition = {
  name: 'gatehouse_gateway_token_checks_total',
  help: 'Tokens and API keys whose standing was found: known to the process, in the cache that all share, or by asking auth.',
  labels: ['answered_by'],
} as const;

export function createTokens(deps: {
  keyValue: KeyValue;
  pubSub: PubSub;
  call: CallSubgraph;
  tenants: Tenants;
  logger: Logger;
  /** Of the public address: `https`. */
  protocol: string;
  metrics?: Metrics;
}): Tokens {
  const { pubSub, call, tenants, metrics = createMetrics() } = deps;
  const checks = metrics.counter(checksDefinition);
  const [byProcess, byCache, byAuth] = [
    checks({ answered_by: 'process' }),
    checks({ answered_by: 'cache' }),
    checks({ answered_by: 'auth' }),
  ];
  // One for both: a made-up issuer is asked about as ours and as a provider's.
  const mayAskAboutUnknown = createBudget();
  const issuers = createIssuers(call, mayAskAboutUnknown);
  const apiKeys = createApiKeys(deps.keyValue, call);
  const provided = createProvidedTokens(call, mayAskAboutUnknown);
  const keyReports = createKeyReports(deps);
  const proofs = createProofs(deps);
  const shared = createSharedStandings(deps.keyValue, deps.logger);
  const local = createLocalIdentities();
  const watchers = createWatchers();
  /** A connection presents the same array as long as it presents the same token. */
  const bearers = new WeakMap<readonly string[], Bearer>();
  const refused = new LRUCache<string, ApiKeyRefusal | 'UNKNOWN'>({ max: 10_000, ttl: refusedLifeMs });
  const asking = new Map<string, { ids: string[]; outdated: boolean; answer: Promise<Identity | null> }>();
  const endings: (() => void | Promise<void>)[] = [];

  const standingOf = (token: Verified) => {
    if (token.kind === 'API key') return apiKeys.standing(token);
    return token.kind === 'provided token' ? provided.standing(token) : tokenStanding(call, token);
  };

  /** Asks once for all requests that carry the token; asks again when a revocation came in meanwhile. */
  const ask = (token: Verified): Promise<Identity | null> => {
    const running = asking.get(token.hash);
    if (running && !running.outdated) return running.answer;
    const question = {
      ids: dependsOn(token),
      outdated: false,
      answer: Promise.resolve<Identity | null>(null),
    };
    question.answer = (async () => {
      let answeredBy = byCache;
      const standing = await shared.find<ApiKeyRefusal | null>(token, () => {
        answeredBy = byAuth;
        return standingOf(token);
      });
      answeredBy.add();
      if (question.outdated) return ask(token);
      if (!isStanding(standing) || standing.principal.tenantId !== token.tenantId) {
        refused.set(token.hash, typeof standing === 'string' ? standing : 'UNKNOWN');
        return null;
      }
      const { principal, expiresAt, allowedAddresses } = standing;
      const addresses = allowedAddresses.length > 0 ? addressList(allowedAddresses) : null;
      const identity = { token: { ...token, expiresAt }, principal, addresses };
      local.set(identity);
      return identity;
    })().finally(() => {
      if (asking.get(token.hash) === question) asking.delete(token.hash);
    });
    asking.set(token.hash, question);
    return question.answer;
  };

  const current = async (token: Verified): Promise<Identity | null> => {
    if (token.expiresAt * 1000 <= Date.now()) return null;
    return local.get(token.hash) ?? (await ask(token));
  };

  const outdate = (subject?: string) => {
    for (const question of asking.values())
      if (!subject || question.ids.includes(subject)) question.outdated = true;
  };

  const revoked = ({ userId, sessionId, isProvider, isUnshared }: Revocation) => {
    if (isUnshared) shared.doubt();
    outdate(userId);
    if (isProvider) provided.forget(userId);
    local.drop(userId, sessionId);
    watchers.tell(userId);
  };

  const bearerOf = (authorization: readonly string[]): Bearer => {
    const known = bearers.get(authorization);
    if (known) return known;
    const bearer = readBearer(authorization);
    bearers.set(authorization, bearer);
    return bearer;
  };

  /** What was presented, if it is genuine. A key counts on the host it came to, once that has proved to be its tenant's. */
  const verify = async ({ text, hash, isKey }: Bearer, host: string): Promise<Verified> => {
    if (!isKey) return await verifyJwt(text, hash, host);
    const key = await apiKeys.verify(hash);
    if (key) return { ...key, host };
    refused.set(hash, 'UNKNOWN');
    throw unauthenticated();
  };

  /** Who names an issuer of ours is held to that; any other may be a provider that the tenant of the host has chosen. */
  const verifyJwt = async (text: string, hash: string, host: string): Promise<Verified> => {
    const issuer = issuerNamedIn(text);
    if (issuer === undefined || (await issuers.has(issuer))) return await verifyToken(text, issuers);
    const tenant = await tenants.ofHost(host);
    if (!tenant) throw unauthenticated();
    // Nothing here may stand elsewhere.
    const here = `${tenant.id} ${hash}`;
    if (refused.has(here)) throw unauthenticated();
    return await provided.verify(text, tenant.id, host).catch((error: unknown) => {
      // Of nobody, as likely as not: who repeats it does not make us ask again at once.
      if (error instanceof GatehouseError) refused.set(here, 'UNKNOWN');
      throw error;
    });
  };

  const isHome = async (token: Verified, host: string): Promise<boolean> =>
    (token.kind !== 'API key' && host === token.host) || (await tenants.ofHost(host))?.id === token.tenantId;

  const find = async (
    bearer: Bearer,
    known: Identity | undefined,
    client: ClientInfo,
    proof: Proof | null,
  ): Promise<Identity> => {
    if (refused.has(bearer.hash)) throw unauthenticated();
    const token = known?.token ?? (await verify(bearer, client.host));
    if (!(await isHome(token, client.host))) throw refusal(token, 'TENANT', client);
    if (known) byProcess.add();
    const identity = known ?? (await current(token));
    if (!identity) throw refusal(token, refused.get(token.hash) ?? 'EXPIRED', client);
    return bearer.isBound ? await admitBound(identity, client, proof) : admit(identity, client);
  };

  /** What a key may be used for is the subgraphs' to check; where from is checked here, on every request. */
  const admit = (identity: Identity, client: ClientInfo): Identity => {
    const { token, addresses } = identity;
    if (token.kind === 'access token') {
      // Stolen, most likely: its client would have brought a proof (RFC 9449 §7.2).
      if (token.jkt !== null) throw unauthenticated();
      return identity;
    }
    if (token.kind === 'provided token') return identity;
    if (addresses && !isListed(client.ipAddress, addresses)) throw refusal(token, 'ADDRESS', client);
    keyReports.used(token, client);
    return identity;
  };

  const admitBound = async (
    identity: Identity,
    { host }: ClientInfo,
    proof: Proof | null,
  ): Promise<Identity> => {
    const { token } = identity;
    if (token.kind !== 'access token' || token.jkt === null) throw unauthenticated();
    await proofs.check(proof, { hash: token.hash, jkt: token.jkt, host });
    return identity;
  };

  /** The one answer; whose key it is learns of it. */
  const refusal = (token: Verified, reason: ApiKeyRefusal | 'UNKNOWN', client: ClientInfo) => {
    if (token.kind === 'API key' && reason !== 'UNKNOWN') keyReports.refused(token, reason, client);
    return unauthenticated();
  };

  return {
    authenticate(authorization, client, proof) {
      const bearer = bearerOf(authorization);
      const known = local.get(bearer.hash);
      if (!known || client.host !== known.token.host || bearer.isBound)
        return find(bearer, known, client, proof);
      byProcess.add();
      return admit(known, client);
    },
    current,
    watch(token, listener) {
      const endings = dependsOn(token).map((id) => watchers.add(id, listener));
      return () => {
        for (const end of endings) end();
      };
    },
    isOpen: async (token) => isOpen(await tenants.ofHost(token.host)),
    async start() {
      const unsubscribe = await pubSub.subscribe<Revocation>(revocationChannel, revoked);
      endings.push(unsubscribe);
      endings.push(await tenants.follow(pubSub, watchers.tellAll));
      endings.push(
        pubSub.onConnectionChange((connected) => {
          outdate();
          shared.setHeard(connected);
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
      await keyReports.stop();
    },
  };
}
