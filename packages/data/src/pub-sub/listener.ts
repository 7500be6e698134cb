import { ExponentialBackoff, handleAll, retry } from 'cockatiel';
import pg from 'pg';

export type ListenerOptions = {
  url: string;
  channel: string;
  /** A connection that does not answer `select 1` this often and this fast is given up. */
  heartbeatMs: number;
  onPayload: (payload: string) => void;
  onConnected: (connected: boolean) => void;
  onError: (error: unknown) => void;
};

export type Listener = { close(): Promise<void> };

/** One connection that LISTENs and, when it is lost, comes back with back-off for as long as it takes. */
export function listen(options: ListenerOptions): Listener {
  const closing = new AbortController();
  let client: pg.Client | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  const policy = retry(handleAll, {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 3_000 }),
  }).dangerouslyUnref();
  policy.onRetry((event) => {
    if (!closing.signal.aborted) options.onError('error' in event ? event.error : undefined);
  });

  async function connect(): Promise<void> {
    if (closing.signal.aborted) return;
    const next = new pg.Client({
      connectionString: options.url,
      application_name: `gatehouse listen ${options.channel}`,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: options.heartbeatMs,
    });
    next.on('notification', (message) => options.onPayload(message.payload ?? ''));
    next.on('error', () => {});
    try {
      await next.connect();
      await next.query(`listen ${pg.escapeIdentifier(options.channel)}`);
    } catch (error) {
      next.end().catch(() => {});
      throw error;
    }
    if (closing.signal.aborted) return void (await next.end());
    client = next;
    next.once('end', () => lost(next));
    heartbeat = setInterval(() => {
      next.query('select 1').catch(() => lost(next));
    }, options.heartbeatMs).unref();
    options.onConnected(true);
  }

  function lost(from: pg.Client): void {
    if (client !== from) return;
    client = undefined;
    clearInterval(heartbeat);
    options.onConnected(false);
    // A dead peer answers no goodbye: the socket is destroyed, not closed.
    (from as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    if (!closing.signal.aborted) void open();
  }

  // Fails only once it is closed, when nobody cares.
  const open = () => policy.execute(connect, closing.signal).catch(() => {});
  void open();

  return {
    async close() {
      closing.abort();
      clearInterval(heartbeat);
      const last = client;
      client = undefined;
      await last?.end().catch(() => {});
    },
  };
}
