import { LRUCache } from 'lru-cache';
import { dependsOn, type Identity } from './identity.ts';

const maxIdentities = 50_000;
/** How long an identity is believed without asking the shared cache, with revocations arriving and without. */
const lifeMs = 30_000;
const lifeUnheardMs = 1_000;

type Entry = { identity: Identity; until: number };

/** Identities this process has seen, by the hash of the token; the first thing every request asks. */
export function createLocalIdentities(now: () => number = Date.now) {
  const hashesOf = new Map<string, Set<string>>();
  const entries = new LRUCache<string, Entry>({
    max: maxIdentities,
    dispose: ({ identity }, hash, reason) => {
      if (reason === 'set') return;
      for (const id of dependsOn(identity.token)) {
        const hashes = hashesOf.get(id);
        hashes?.delete(hash);
        if (hashes?.size === 0) hashesOf.delete(id);
      }
    },
  });
  let heard = false;

  return {
    get(hash: string): Identity | undefined {
      const entry = entries.get(hash);
      if (!entry) return undefined;
      if (entry.until > now()) return entry.identity;
      entries.delete(hash);
      return undefined;
    },
    set(identity: Identity): void {
      const { hash, expiresAt } = identity.token;
      entries.set(hash, {
        identity,
        until: Math.min(expiresAt * 1000, now() + (heard ? lifeMs : lifeUnheardMs)),
      });
      for (const id of dependsOn(identity.token)) {
        hashesOf.set(id, (hashesOf.get(id) ?? new Set()).add(hash));
      }
    },
    /** Forgets what is known of a user (or client, or provider), or of one session. */
    drop(subject: string, sessionId?: string): void {
      for (const hash of [...(hashesOf.get(subject) ?? [])]) {
        const entry = entries.peek(hash);
        if (!sessionId || entry?.identity.token.sessionId === sessionId) entries.delete(hash);
      }
    },
    /** Whether revocations reach this process. While they don't, nothing is believed for longer than a second. */
    setHeard(now: boolean): void {
      heard = now;
      entries.clear();
    },
    get heard(): boolean {
      return heard;
    },
    get size(): number {
      return entries.size;
    },
  };
}
