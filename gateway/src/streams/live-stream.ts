import type { FetchNode } from '@apollo/query-planner';
import type { ErrorCode, Logger, Metrics } from '@gatehouse/service-kit';
import type { SubgraphName } from '@gatehouse/service-kit/subgraph';
import type { Graphs } from '../graph/graphs.ts';
import { nextTurn } from '../graph/next-turn.ts';
import { type Exchange, graphOf, planned, type Result, type ResultStream } from '../operation/exchange.ts';
import type { SubgraphConnections, SubgraphResult } from '../subgraphs/connection.ts';
import type { Tokens } from '../tokens/tokens.ts';
import { createEventQueue } from './event-queue.ts';
import { rebind } from './rebind.ts';
import { type EndingCode, watchIdentity } from './watch-identity.ts';

export type LiveStreams = {
  /** Opens the stream of a subscription at the subgraph that owns it. */
  open(exchange: Exchange): Promise<ResultStream>;
  /** Takes every stream to the current graph, or ends it. */
  follow(): Promise<void>;
  /** Ends the streams whose client this is true of, with their connections. */
  endWhere(isMeant: (client: Exchange['client']) => Promise<boolean>, code: EndingCode): void;
  /** Ends every stream: the gateway is going away. */
  endAll(): void;
};

type Item = { event: SubgraphResult } | { last: EndingCode };

const messages: Record<EndingCode, string> = {
  TOKEN_EXPIRED: 'The token has expired; renew it and open the stream again.',
  SESSION_REVOKED: 'The session was ended.',
  RESUME_REQUIRED: 'The stream was closed; open it again with `after` set to the last id received.',
  TENANT_SUSPENDED: 'This tenant is suspended.',
  ADDRESS_BLOCKED: 'Requests from this address are not answered.',
  SCHEMA_CHANGED: 'The schema has changed and the operation no longer fits it.',
};

const openDefinition = {
  name: 'gatehouse_gateway_subscriptions_open',
  type: 'gauge',
  help: 'Subscriptions that are open.',
} as const;

const endedDefinition = {
  name: 'gatehouse_gateway_subscriptions_ended_total',
  help: 'Subscriptions that the gateway ended, by the code it told; what clients ended is not among them.',
  labels: ['code'],
} as const;

/** Streams taken to another graph in one turn. */
const rebindAtOnce = 50;

/**
 * Federated subscriptions: events come from the primary fetch of the plan, and the rest of the plan runs for each of them
 * as its client reads it. A stream ends with a code when its token expires, its session ends, its tenant is suspended, what
 * its holder may do changes, its client reads too slowly, the subgraph is lost, or the supergraph is replaced by one that it does not fit.
 */
export function createLiveStreams(options: {
  connections: SubgraphConnections;
  graphs: Pick<Graphs, 'current'>;
  tokens: Tokens;
  maxWaitingEvents: number;
  /** How long a full buffer may stay full. */
  stallMs: number;
  metrics: Metrics;
  logger: Logger;
}): LiveStreams {
  const { connections, graphs, tokens, metrics, logger } = options;
  const open = new Map<(code: EndingCode) => void, Exchange>();
  const ended = metrics.counter(endedDefinition);
  metrics.observe({ open: openDefinition }, () => ({ open: [{ value: open.size }] }));

  const toCurrent = (exchange: Exchange, end: (code: EndingCode) => void) => {
    const code = exchange.graph === graphs.current ? undefined : rebind(exchange, graphs.current);
    if (code) end(code);
  };

  return {
    async open(exchange) {
      const { plan } = planned(exchange);
      if (plan.node?.kind !== 'Subscription') throw new Error('not the plan of a subscription');
      const { primary } = plan.node;
      const queue = createEventQueue<Item>(options.maxWaitingEvents);
      const gone = new AbortController();

      const close = () => {
        queue.end();
        open.delete(end);
        stopWatching();
        gone.abort();
      };
      const end = (code: EndingCode) => {
        if (open.has(end)) ended({ code }).add();
        queue.end({ last: code });
        close();
      };
      const endConnection = (code: EndingCode) => {
        if (queue.ended) return;
        exchange.connection.end(code);
        end(code);
      };
      const stopWatching = watchIdentity(tokens, exchange, { end, endConnection });
      open.set(end, exchange);
      const clientGone = exchange.connection.signal();
      if (clientGone?.aborted) close();
      clientGone?.addEventListener('abort', close, { once: true });

      const events = connections[primary.serviceName as SubgraphName].subscribe({
        query: primary.operation,
        operationName: primary.operationName,
        variables: usedVariables(primary, exchange),
        caller: exchange.caller,
        traceparent: exchange.traceparent,
        signal: gone.signal,
      });
      pump(events).catch((err: unknown) => {
        if (queue.ended) return;
        logger.warn({ err, requestId: exchange.requestId, subgraph: primary.serviceName }, 'stream lost');
        end('RESUME_REQUIRED');
      });

      // The graph may have been replaced since the operation was planned.
      toCurrent(exchange, end);

      return resultStream(async () => {
        const item = await queue.next();
        if (!item) return undefined;
        return 'last' in item
          ? lastResult(item.last)
          : await graphOf(exchange).executor.executeEvent(exchange, item.event);
      }, close);

      async function pump(source: AsyncIterable<SubgraphResult>): Promise<void> {
        for await (const event of source) {
          if (queue.ended) return;
          if (!(await queue.push({ event }, options.stallMs))) return endConnection('RESUME_REQUIRED');
        }
        queue.end();
        close();
      }
    },
    async follow() {
      let done = 0;
      for (const [end, exchange] of [...open]) {
        if (open.has(end)) toCurrent(exchange, end);
        if (++done % rebindAtOnce === 0) await nextTurn();
      }
    },
    endWhere(isMeant, code) {
      for (const [end, exchange] of [...open]) {
        isMeant(exchange.client).then(
          (meant) => {
            if (!meant || !open.has(end)) return;
            exchange.connection.end(code);
            end(code);
          },
          (err: unknown) => logger.warn({ err }, 'a stream was not ended'),
        );
      }
    },
    endAll() {
      for (const end of [...open.keys()]) end('RESUME_REQUIRED');
    },
  };
}

const lastResult = (code: ErrorCode & EndingCode): Result => ({
  data: null,
  errors: [{ message: messages[code], extensions: { code } }],
});

/** Only variables that the client gave: one that is absent is not one that is null. */
function usedVariables(primary: FetchNode, exchange: Exchange): Record<string, unknown> {
  const { variables } = exchange.parameters;
  const used = (primary.variableUsages ?? []).filter((name) => Object.hasOwn(variables, name));
  return Object.fromEntries(used.map((name) => [name, variables[name]]));
}

/** An iterator whose `return` does not wait for an event to come. */
function resultStream(next: () => Promise<Result | undefined>, close: () => void): ResultStream {
  const done = { done: true as const, value: undefined };
  const stream: ResultStream & { throw(error: unknown): Promise<IteratorResult<Result>> } = {
    async next() {
      const value = await next();
      return value ? { done: false, value } : done;
    },
    async return() {
      close();
      return done;
    },
    async throw(error) {
      close();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
