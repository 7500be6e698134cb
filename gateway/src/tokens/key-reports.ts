import type { Logger } from '@gatehouse/service-kit';
import type { CallSubgraph, ClientInfo } from '@gatehouse/service-kit/subgraph';
import { LRUCache } from 'lru-cache';
import {
  type ApiKeyRefusal,
  type ApiKeyUse,
  RecordApiKeyRefusalDocument,
  RecordApiKeyUsesDocument,
} from '../../generated/calls.ts';
import type { VerifiedKey } from './identity.ts';

const aMinuteMs = 60_000;
/** Uses are told together, this long after the first. */
const gatherMs = 500;
const maxAtOnce = 500;

/**
 * Tells the auth subgraph how API keys are used, beside the requests and never in their way: the last use of each key once a
 * minute, and a refused one once a minute for each reason.
 */
export function createKeyReports({ call, logger }: { call: CallSubgraph; logger: Logger }) {
  const told = new LRUCache<string, true>({ max: 50_000, ttl: aMinuteMs });
  const running = new Set<Promise<unknown>>();
  const uses: ApiKeyUse[] = [];
  let timer: NodeJS.Timeout | undefined;

  const isNew = (what: string): boolean => {
    if (told.has(what)) return false;
    told.set(what, true);
    return true;
  };

  const send = (report: Promise<unknown>) => {
    const sent = report
      .catch((err: unknown) => logger.warn({ err }, 'the use of an API key was not noted'))
      .finally(() => running.delete(sent));
    running.add(sent);
  };

  const sendUses = () => {
    clearTimeout(timer);
    timer = undefined;
    while (uses.length > 0) {
      send(call('auth', RecordApiKeyUsesDocument, { uses: uses.splice(0, maxAtOnce) }));
    }
  };

  return {
    used({ apiKeyId }: VerifiedKey, { ipAddress }: ClientInfo): void {
      if (!isNew(apiKeyId)) return;
      uses.push({ apiKeyId, usedAt: new Date().toISOString(), ipAddress });
      timer ??= setTimeout(sendUses, gatherMs).unref();
    },
    refused({ apiKeyId, tenantId }: VerifiedKey, reason: ApiKeyRefusal, client: ClientInfo): void {
      if (!isNew(`${apiKeyId} ${reason}`)) return;
      const { ipAddress, userAgent } = client;
      const input = { apiKeyId, tenantId, reason, ipAddress, userAgent };
      send(call('auth', RecordApiKeyRefusalDocument, { input }));
    },
    /** Tells what is left to tell. */
    async stop(): Promise<void> {
      sendUses();
      await Promise.all(running);
    },
  };
}
