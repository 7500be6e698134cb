import type { PassportIssuer } from '@gatehouse/identity';
import { createMetrics, type Logger, type Metrics, StartupError } from '@gatehouse/service-kit';
import {
  createResilience,
  type Deadline,
  isQuery,
  measureResilience,
  passportHeader,
  SubgraphFailure,
  type SubgraphName,
  subgraphDurations,
} from '@gatehouse/service-kit/subgraph';
import { Pool } from 'undici';
import {
  type PreparedFetch,
  type SubgraphConnection,
  type SubgraphResult,
  unavailable,
} from './connection.ts';
import { holdPassports } from './passports.ts';
import { remoteEvents } from './remote-events.ts';
import { forwardRequest } from './remote-forward.ts';
import { overHttp, type Transport, throughDoor } from './transport.ts';

export type RemoteOptions = {
  name: SubgraphName;
  /** Of its `/graphql`. */
  url: string;
  passports: PassportIssuer;
  logger: Logger;
  /** The deadline of a fetch, retries included. */
  timeoutMs: number;
  /** How long `enforced` waits for the subgraph to come up. */
  bootTimeoutMs: number;
  /** False for a subgraph that has no door (`door/protocol.ts` of the service kit): fetches go over HTTP. */
  door?: boolean;
  metrics?: Metrics;
};

type Given = Parameters<PreparedFetch>[0];

const connections = 64;
const maxResponseBytes = 33_554_432;
const connectTimeoutMs = 3_000;

/** A subgraph in another process: pooled keep-alive connections, and a passport that states who is calling. */
export function remote(options: RemoteOptions): SubgraphConnection {
  const { name, passports, logger, metrics = createMetrics() } = options;
  const url = new URL(options.url);
  const pool = new Pool(url.origin, {
    connections,
    keepAliveTimeout: 30_000,
    connectTimeout: connectTimeoutMs,
    // The deadline of the whole fetch rules.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxResponseBytes,
  });
  // Streams and uploads live as long as they live: they must not use up the connections of fetches, nor of each other.
  const lasting = { connectTimeout: connectTimeoutMs, headersTimeout: 0, bodyTimeout: 0 };
  const streams = new Pool(url.origin, lasting);
  const routes = new Pool(url.origin, lasting);

  const passportFor = holdPassports(name, passports);

  const headersFor = async (request: Given) => ({
    'content-type': 'application/json',
    [passportHeader]: await passportFor(request.caller),
    traceparent: request.traceparent,
  });

  const get = async (path: string) => {
    const headers = { [passportHeader]: await passports.forService(name) };
    const signal = AbortSignal.timeout(options.timeoutMs);
    const response = await pool.request({ method: 'GET', path, headers, signal });
    const body: unknown = await response.body.json();
    if (response.statusCode !== 200) throw new Error(`${name} answered ${response.statusCode} to ${path}`);
    return body;
  };

  const resilience = createResilience({
    timeoutMs: options.timeoutMs,
    onCircuit(circuit) {
      const level = circuit === 'open' ? 'warn' : 'info';
      logger[level]({ subgraph: name, circuit }, `the circuit to a subgraph is ${circuit}`);
    },
  });

  measureResilience(metrics, { subgraph: name, way: 'fetch' }, resilience);
  const duration = metrics.histogram(subgraphDurations)({ subgraph: name, way: 'fetch' });

  const transport =
    options.door === false
      ? overHttp(pool, url.pathname)
      : throughDoor({
          origin: url.origin,
          passport: () => passports.forService(name),
          maxResponseBytes,
          connectTimeoutMs,
        });

  const send = async (
    { caller, variables, traceparent, signal }: Given,
    ask: ReturnType<Transport['prepare']>,
    idempotent: boolean,
  ): Promise<SubgraphResult> => {
    const startedAt = performance.now();
    try {
      const held = passportFor(caller);
      const passport = typeof held === 'string' ? held : await held;
      const attempt = (deadline: Deadline) => ask({ variables, passport, traceparent, deadline });
      const { status, text } = await resilience.run(attempt, { idempotent, signal });
      // 400 carries errors of the operation; a refused passport is not the client's business.
      if (status === 200 || status === 400) return readResult(text);
      logger.error({ subgraph: name, status }, 'subgraph refused a fetch');
    } catch (error) {
      if (error instanceof SubgraphFailure) {
        // While the circuit is open, that was said when it opened.
        const level = error.reason === 'CIRCUIT_OPEN' ? 'debug' : 'warn';
        logger[level]({ subgraph: name, err: error }, 'subgraph did not answer');
        return unavailable(name, error.reason, error.retryable);
      }
      if (!signal?.aborted) logger.warn({ subgraph: name, err: error }, 'subgraph gave no result');
    } finally {
      duration.observeSince(startedAt);
    }
    return unavailable(name, 'UNREADABLE', false);
  };

  const prepare = (query: string, operationName: string | undefined): PreparedFetch => {
    const ask = transport.prepare(query, operationName);
    const idempotent = isQuery(query);
    return (given) => send(given, ask, idempotent);
  };

  return {
    execute: async (request) => prepare(request.query, request.operationName)(request),
    prepare,
    resilience,
    subscribe: (request) =>
      remoteEvents({ dispatcher: streams, request, headersFor, timeoutMs: options.timeoutMs }),
    async forward(request, response, caller) {
      const passport = await passports.forCaller(name, caller);
      await forwardRequest({
        name,
        dispatcher: routes,
        request,
        response,
        passport,
        timeoutMs: options.timeoutMs,
        logger,
      });
    },
    async enforced() {
      const answer = (await waitFor(() => get('/enforced'), options)) as { enforced?: unknown };
      if (Array.isArray(answer.enforced)) return answer.enforced as string[];
      throw new StartupError(`${name} at ${url.origin} does not say which authorization it enforces.`);
    },
    async ready() {
      const answer = (await get('/readyz')) as { degraded?: unknown };
      return Array.isArray(answer.degraded) ? answer.degraded.map(String) : [];
    },
    async close() {
      transport.close();
      await Promise.all([pool, streams, routes].map((each) => each.destroy()));
    },
  };
}

function readResult(text: string): SubgraphResult {
  const result: unknown = JSON.parse(text);
  const isResult = typeof result === 'object' && result !== null && ('data' in result || 'errors' in result);
  if (!isResult) throw new Error('the answer is not a GraphQL result');
  return result as SubgraphResult;
}

/** Asks again until it works or the boot has waited long enough. */
async function waitFor<T>(ask: () => Promise<T>, options: RemoteOptions): Promise<T> {
  const until = Date.now() + options.bootTimeoutMs;
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() + pause > until) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new StartupError(`The ${options.name} subgraph at ${options.url} does not answer: ${reason}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
