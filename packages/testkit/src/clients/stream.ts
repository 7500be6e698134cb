import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GatehouseClient } from './gatehouse-client.ts';

type Operation = { query: string; variables: Record<string, unknown> };
type Result<Data> = { data?: Data | null; errors?: readonly { extensions?: Record<string, unknown> }[] };

/** What a subscription delivers, in order, waited for with a bound. */
export type Stream<Data> = {
  /** The next event; throws when none comes in time, or when the stream has ended. */
  next(timeoutMs?: number): Promise<Data>;
  /** Waits for the end: the error code it ended with, or null when it simply completed. */
  ended(timeoutMs?: number): Promise<string | null>;
  /** Whether nothing arrives for this long. */
  silent(forMs: number): Promise<boolean>;
  close(): void;
};

type Sink<Data> = { next(result: Result<Data>): void; error(error: unknown): void; complete(): void };

const defaultTimeoutMs = 5_000;

/** Turns the callbacks of a client into a stream that a test can wait on. */
function streamOf<Data>(open: (sink: Sink<Data>) => () => void): Stream<Data> {
  const events: Data[] = [];
  let end: { code: string | null } | undefined;
  let wake = () => {};

  const finish = (code: string | null) => {
    end ??= { code };
    wake();
  };
  const close = open({
    next: (result) => {
      if (result.data && !result.errors) events.push(result.data);
      else finish(String(result.errors?.[0]?.extensions?.code));
      wake();
    },
    error: (error) => finish(codeOf(error)),
    complete: () => finish(null),
  });

  const waitUntil = async (met: () => boolean, timeoutMs: number): Promise<boolean> => {
    const deadline = Date.now() + timeoutMs;
    while (!met() && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return met();
  };

  return {
    async next(timeoutMs = defaultTimeoutMs) {
      await waitUntil(() => events.length > 0 || end !== undefined, timeoutMs);
      const event = events.shift();
      if (event) return event;
      throw new Error(end ? `the stream ended with ${end.code}` : `no event within ${timeoutMs} ms`);
    },
    async ended(timeoutMs = defaultTimeoutMs) {
      await waitUntil(() => end !== undefined, timeoutMs);
      if (!end) throw new Error(`the stream did not end within ${timeoutMs} ms`);
      return end.code;
    },
    silent: async (forMs) => !(await waitUntil(() => events.length > 0 || end !== undefined, forMs)),
    close,
  };
}

/** `extensions.code` of the first error, or the code of a closed socket. */
function codeOf(error: unknown): string {
  const [first] = (Array.isArray(error) ? error : [error]) as {
    code?: unknown;
    extensions?: { code?: unknown };
  }[];
  return String(first?.extensions?.code ?? first?.code ?? error);
}

export function openWebSocketStream<Data>(client: GatehouseClient, operation: Operation): Stream<Data> {
  const { url, host, from } = client.options;
  return streamOf<Data>((sink) => {
    const socket = createWebSocketClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocols: string[]) {
          super(address, protocols, {
            ...(host && { headers: { host } }),
            ...(from && { localAddress: from, family: 4 }),
          });
        }
      },
      connectionParams: client.headers,
      retryAttempts: 0,
    });
    socket.subscribe<Data>(operation, sink as Parameters<typeof socket.subscribe<Data>>[1]);
    return () => void socket.dispose();
  });
}

export function openSseStream<Data>(client: GatehouseClient, operation: Operation): Stream<Data> {
  return streamOf<Data>((sink) => {
    const connection = createSseClient({
      url: `${client.options.url}/graphql`,
      headers: client.headers,
      fetchFn: client.fetch,
      abortControllerImpl: AbortController,
      retryAttempts: 0,
    });
    connection.subscribe<Data>(operation, sink as Parameters<typeof connection.subscribe<Data>>[1]);
    return () => connection.dispose();
  });
}
