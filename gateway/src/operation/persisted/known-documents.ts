import { hash } from 'node:crypto';
import type { KeyValue } from '@gatehouse/data';
import { type Logger, within } from '@gatehouse/service-kit';
import { LRUCache } from 'lru-cache';
import { isSha256 } from './named-document.ts';

/** Documents that clients have registered, by the SHA-256 of their text. */
export type KnownDocuments = {
  /** The text of a hash; at once when this process knows it. */
  find(sha256: string): string | undefined | Promise<string | undefined>;
  /** Whether this is the text of the hash; without hashing when it is known already. */
  isTextOf(sha256: string, text: string): boolean;
  /** Keeps a text whose hash was checked, here and for the other gateways. Not waited for. */
  keep(sha256: string, text: string): void;
};

const localBytes = 16_777_216;
/** Longer documents are executed but not kept. */
const maxCharacters = 32_768;
const ttlSeconds = 86_400;
/** What this process shares in a day: a stranger's documents without end must not fill the store. */
const sharedBytesADay = 67_108_864;
/** A store that is slower than this is as good as lost. */
const lookupMs = 500;

/** Automatic persisted queries: a bounded cache here, in front of the store that gateways share. A lost store is a miss. */
export function createKnownDocuments(options: { keyValue?: KeyValue; logger: Logger }): KnownDocuments {
  const { keyValue, logger } = options;
  const local = new LRUCache<string, string>({
    maxSize: localBytes,
    sizeCalculation: (text) => text.length * 2 + 200,
  });
  const asking = new Map<string, Promise<string | undefined>>();
  const shared = { bytes: 0, since: Date.now() };

  const ask = async (sha256: string, store: KeyValue): Promise<string | undefined> => {
    try {
      const text = await within(lookupMs, store.get(keyOf(sha256)));
      // What others may have written is believed like what a client sends.
      if (text === undefined || sha256Of(text) !== sha256) return undefined;
      local.set(sha256, text);
      return text;
    } catch (err) {
      logger.warn({ err }, 'a persisted document could not be looked up');
      return undefined;
    }
  };

  const mayShare = (bytes: number): boolean => {
    if (Date.now() - shared.since > ttlSeconds * 1000) Object.assign(shared, { bytes: 0, since: Date.now() });
    if (shared.bytes + bytes > sharedBytesADay) return false;
    shared.bytes += bytes;
    return true;
  };

  return {
    find(sha256) {
      const known = local.get(sha256);
      if (known !== undefined || !keyValue || !isSha256(sha256)) return known;
      const running = asking.get(sha256) ?? ask(sha256, keyValue).finally(() => asking.delete(sha256));
      asking.set(sha256, running);
      return running;
    },
    isTextOf: (sha256, text) => local.get(sha256) === text || sha256Of(text) === sha256,
    keep(sha256, text) {
      if (text.length > maxCharacters || local.has(sha256)) return;
      local.set(sha256, text);
      if (!keyValue || !mayShare(text.length * 2)) return;
      keyValue.set(keyOf(sha256), text, { ttlSeconds }).catch((err: unknown) => {
        logger.warn({ err }, 'a persisted document could not be shared');
      });
    },
  };
}

const keyOf = (sha256: string) => `persisted-document:${sha256}`;

export const sha256Of = (text: string): string => hash('sha256', text, 'hex');
