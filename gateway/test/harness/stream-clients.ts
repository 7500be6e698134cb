import { createClient as createSseClient } from 'graphql-sse';
import { CloseCode, createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TestError } from './gateway.ts';

export type Event = {
  data?: Record<string, never> | null;
  errors?: TestError[];
  extensions?: Record<string, unknown>;
};

export type Listening = {
  events: Event[];
  /** The event with this number (from 0), waited for. */
  event(n: number): Promise<Event>;
  /** Resolves when the stream has ended: code and reason of the socket, once it closed. */
  ended: Promise<void>;
  closed: Promise<{ code: number; reason: string } | null>;
  stop(): void;
};

export type Transport = 'websocket' | 'sse';
export const transports: Transport[] = ['websocket', 'sse'];

type Target = { url: string; socketUrl: string };

/** Subscribes with the real clients of both protocols. */
export function listen(
  target: Target,
  transport: Transport,
  given: {
    query: string;
    variables?: Record<string, unknown>;
    extensions?: Record<string, unknown>;
    token?: string;
  },
): Listening {
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  const ended = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<{ code: number; reason: string } | null>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  const sink = {
    next(event: unknown) {
      events.push(event as Event);
      wake();
    },
    error(error: unknown) {
      if (Array.isArray(error)) events.push({ errors: error as TestError[] });
      ended.resolve();
      wake();
    },
    complete: () => ended.resolve(),
  };
  const { query, variables, extensions, token } = given;
  const authorization = token ? { authorization: `Bearer ${token}` } : undefined;
  const client =
    transport === 'websocket'
      ? createSocketClient({
          url: target.socketUrl,
          webSocketImpl: WebSocket,
          connectionParams: authorization,
          retryAttempts: 0,
          lazy: false,
          onNonLazyError: () => {},
          on: {
            closed: (event) => {
              const { code, reason } = event as { code: number; reason: string };
              closed.resolve({ code, reason });
            },
          },
        })
      : createSseClient({ url: `${target.url}/graphql`, headers: authorization, retryAttempts: 0 });
  if (transport === 'sse') closed.resolve(null);
  const unsubscribe = client.subscribe({ query, variables, extensions }, sink as never);
  return {
    events,
    event: (n) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no event ${n}: ${JSON.stringify(events)}`)), 5_000);
        const check = () => {
          const event = events[n];
          if (!event) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(event);
        };
        waiting.add(check);
        check();
      }),
    ended: ended.promise,
    closed: closed.promise,
    stop() {
      unsubscribe();
      client.dispose();
    },
  };
}

export { CloseCode };
