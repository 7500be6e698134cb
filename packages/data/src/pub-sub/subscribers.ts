import type { Logger } from '@gatehouse/service-kit';

/** How long a new subscription waits for a connection that is lost; when it is back is told by `onConnectionChange`. */
const patienceMs = 1_000;

/** Who listens to which channel in this process, and whether messages arrive: the half of pub/sub that is not the wire. */
export function createSubscribers(logger: Logger) {
  const byChannel = new Map<string, Set<(message: never) => void>>();
  const connectionListeners = new Set<(connected: boolean) => void>();
  let connected = false;
  let closed = false;
  let waiting: (() => void)[] = [];

  const release = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  return {
    channels: (): string[] => [...byChannel.keys()],
    /** Answers a function that ends it, and says whether nobody listens to the channel any more. */
    add<M extends object>(channel: string, onMessage: (message: M) => void): () => boolean {
      const set = byChannel.get(channel) ?? new Set();
      // A function of its own per call: the same listener may be subscribed twice.
      const entry = (message: never) => onMessage(message);
      byChannel.set(channel, set.add(entry));
      return () => {
        if (!set.delete(entry) || set.size > 0 || byChannel.get(channel) !== set) return false;
        return byChannel.delete(channel);
      };
    },
    /** Hands a message, as `encodeMessage` wrote it, to all who listen. */
    deliver(payload: string): void {
      const end = payload.indexOf('\n');
      for (const onMessage of byChannel.get(payload.slice(0, end)) ?? []) {
        try {
          onMessage(JSON.parse(payload.slice(end + 1)) as never);
        } catch (error) {
          logger.error({ err: error, channel: payload.slice(0, end) }, 'a pub/sub listener failed');
        }
      }
    },
    setConnected(now: boolean): void {
      if (closed || connected === now) return;
      connected = now;
      for (const tell of connectionListeners) tell(now);
      if (now) release();
    },
    /** Resolves when messages arrive, or after a second without. */
    async connected(): Promise<void> {
      if (connected || closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      const timer = setTimeout(resolve, patienceMs);
      await promise;
      clearTimeout(timer);
    },
    onConnectionChange(tell: (connected: boolean) => void): () => void {
      connectionListeners.add(tell);
      tell(connected);
      return () => connectionListeners.delete(tell);
    },
    close(): void {
      closed = true;
      release();
    },
  };
}
