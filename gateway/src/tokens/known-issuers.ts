import { LRUCache } from 'lru-cache';
import { unauthenticated } from './read-bearer.ts';

type Known<Issuer> = { issuer: Issuer; readAt: number };

export type KnownIssuers<Issuer> = {
  /** The issuer of this name, its keys holding `kid`; `UNAUTHENTICATED` for one that is not known or a key it does not have. */
  withKey(name: string, kid: string): Promise<Issuer>;
  /** Whether this is an issuer at all. */
  has(name: string): Promise<boolean>;
  forget(matches: (issuer: Issuer) => boolean): void;
};

const maxIssuers = 1_000;
const maxNameLength = 400;
/** How long keys are believed without asking again: a retired key is refused after this at the latest. */
const keysLifeMs = 600_000;
/** How long an unknown issuer stays unknown, and how often a key not found makes us ask again. */
const askAgainMs = 30_000;
/** Questions about issuers never heard of, per second: whatever is above comes from someone making them up. */
const maxUnknownPerSecond = 20;

type Options = {
  now?: () => number;
  /** Whether there may be one more question about something never heard of. */
  mayAskAboutUnknown?: () => boolean;
};

/** So many questions in a second, for whoever shares it. */
export function createBudget(now: () => number = Date.now): () => boolean {
  let second = 0;
  let askedInSecond = 0;
  return () => {
    const current = Math.floor(now() / 1000);
    if (current !== second) [second, askedInSecond] = [current, 0];
    askedInSecond += 1;
    return askedInSecond <= maxUnknownPerSecond;
  };
}

/** Keys of issuers, asked of the auth subgraph once and kept; flooding with made-up issuers or keys costs it nothing. */
export function createKnownIssuers<Issuer extends { keys: ReadonlyMap<string, unknown> }>(
  read: (name: string, kid: string) => Promise<Issuer | null>,
  { now = Date.now, mayAskAboutUnknown = createBudget(now) }: Options = {},
): KnownIssuers<Issuer> {
  const known = new LRUCache<string, Known<Issuer>>({ max: maxIssuers });
  const unknown = new LRUCache<string, number>({ max: maxIssuers });
  const asking = new Map<string, Promise<Issuer | null>>();
  /** What was asked before is out of date. */
  let generation = 0;

  const ask = async (name: string, kid: string): Promise<Issuer | null> => {
    const asked = generation;
    const issuer = await read(name, kid);
    if (asked !== generation) return issuer;
    if (issuer) known.set(name, { issuer, readAt: now() });
    else {
      known.delete(name);
      unknown.set(name, now());
    }
    return issuer;
  };

  const askOnce = (name: string, kid: string): Promise<Issuer | null> => {
    const running = asking.get(name) ?? ask(name, kid).finally(() => asking.delete(name));
    asking.set(name, running);
    return running;
  };

  const find = (name: string, kid: string): Issuer | null | Promise<Issuer | null> => {
    if (name.length > maxNameLength) return null;
    const entry = known.get(name);
    if (entry && now() - entry.readAt < keysLifeMs) return entry.issuer;
    if (entry) return askOnce(name, kid);
    const refusedAt = unknown.get(name);
    if (refusedAt !== undefined && now() - refusedAt < askAgainMs) return null;
    return asking.has(name) || mayAskAboutUnknown() ? askOnce(name, kid) : null;
  };

  return {
    has: async (name) => (await find(name, '')) !== null,
    async withKey(name, kid) {
      const issuer = await find(name, kid);
      if (!issuer) throw unauthenticated();
      if (issuer.keys.has(kid)) return issuer;
      const entry = known.get(name);
      if (entry && now() - entry.readAt < askAgainMs) throw unauthenticated();
      const fresh = await askOnce(name, kid);
      if (!fresh?.keys.has(kid)) throw unauthenticated();
      return fresh;
    },
    forget(matches) {
      generation += 1;
      asking.clear();
      unknown.clear();
      for (const [name, { issuer }] of known) if (matches(issuer)) known.delete(name);
    },
  };
}
