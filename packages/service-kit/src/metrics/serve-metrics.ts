import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { closeServer, listen } from '../listen.ts';
import type { Running } from '../run-process.ts';
import type { Exposition, Format } from './exposition.ts';
import type { Family } from './family.ts';

const drainMs = 500;
const maxConnections = 64;

/**
 * Serves `GET /metrics` on a port of its own, as Prometheus' text or, for those who ask for it, OpenMetrics; nothing else.
 * Whoever asks while others do is told the same. StartupError when the port can't be had.
 */
export async function serveMetrics(options: {
  port: number;
  host: string;
  exposition: Pick<Exposition, 'write'>;
  collect(): Promise<Family[]>;
  logger: Logger;
}): Promise<Running & { port: number }> {
  const { exposition, logger } = options;
  let collecting: Promise<Family[]> | undefined;

  const collect = (): Promise<Family[]> => {
    collecting ??= options.collect().finally(() => {
      collecting = undefined;
    });
    return collecting;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path] = (request.url ?? '/').split('?');
    if (path !== '/metrics') return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    const { contentType, text } = await exposition.write(await collect(), formatFor(request));
    const headers = { 'content-type': contentType, 'cache-control': 'no-store', vary: 'accept' };
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
  };

  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    request.resume();
    // Who asks every quarter of a minute finds no connection closed under its request.
    response.setHeader('connection', 'close');
    answer(request, response).catch((err: unknown) => {
      logger.error({ err }, 'metrics could not be told');
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.maxConnections = maxConnections;
  const port = await listen(server, { ...options, setting: 'METRICS_PORT' });
  return { port, stop: () => closeServer(server, drainMs) };
}

/** Prometheus names what it prefers first; weights are those of its own list and in the same order. */
function formatFor({ headers: { accept = '' } }: IncomingMessage): Format {
  const first = accept
    .split(',')
    .map((range) => range.trim().split(';')[0])
    .find((type) => type === 'application/openmetrics-text' || type === 'text/plain' || type === '*/*');
  return first === 'application/openmetrics-text' ? 'openmetrics' : 'prometheus';
}
