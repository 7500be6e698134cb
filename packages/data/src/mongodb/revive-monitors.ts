import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@gatehouse/service-kit';
import type { MongoClient } from 'mongodb';

const retryMs = 1_000;

/**
 * Connects anew when a heartbeat has neither succeeded nor failed for `stuckAfterMs`. The driver (7.9) waits forever for one whose
 * connection was closed while it was about to be written, and whatever is asked once a connection has failed waits for that heartbeat.
 * Answers how to end this, to be called before the client is closed.
 */
export function reviveMonitors(client: MongoClient, stuckAfterMs: number, logger: Logger): () => void {
  const waiting = new Map<string, NodeJS.Timeout>();
  let ended = false;
  let isReviving = false;

  const settle = ({ connectionId }: { connectionId: string }) => {
    clearTimeout(waiting.get(connectionId));
    waiting.delete(connectionId);
  };
  const settleAll = () => {
    for (const connectionId of [...waiting.keys()]) settle({ connectionId });
  };
  client.on('serverHeartbeatStarted', ({ connectionId }) => {
    settle({ connectionId });
    if (!ended) waiting.set(connectionId, setTimeout(revive, stuckAfterMs).unref());
  });
  client.on('serverHeartbeatSucceeded', settle);
  client.on('serverHeartbeatFailed', settle);
  client.on('serverClosed', ({ address }) => settle({ connectionId: address }));

  async function revive(): Promise<void> {
    if (isReviving || ended) return;
    isReviving = true;
    logger.warn('a heartbeat of MongoDB’s driver is stuck: connecting anew');
    await client.close().catch(() => {});
    while (!ended && !(await connects())) await delay(retryMs, undefined, { ref: false });
    if (ended) await client.close().catch(() => {});
    isReviving = false;
  }

  const connects = (): Promise<boolean> =>
    client.connect().then(
      () => true,
      () => false,
    );

  return () => {
    ended = true;
    settleAll();
  };
}
