import { createServer, request as send } from 'node:http';
import { listen } from '@gatehouse/service-kit';

/** What happens to a request: it passes, its connection breaks, nothing answers, or a status does. */
export type Fault = 'pass' | 'reset' | 'hang' | 'huge' | number;

/** A door before a subgraph that can be told to fail; it counts fetches, streams and what comes to its routes. */
export async function createFaultyDoor(target: string) {
  const script: Fault[] = [];
  const state = { fault: 'pass' as Fault, arrived: 0, abandoned: 0, bodies: [] as string[] };
  const server = createServer((request, response) => {
    const isFetch = /^\/(graphql|graphql\/stream|storage\/.*)$/.test(request.url ?? '');
    if (isFetch) state.arrived += 1;
    const fault = isFetch ? (script.shift() ?? state.fault) : 'pass';
    if (fault === 'reset') return void request.socket.destroy();
    response.once('close', () => {
      if (!response.writableFinished) state.abandoned += 1;
    });
    if (fault === 'hang') return;
    if (fault === 'huge') return void response.end(Buffer.alloc(34_000_000, 32));
    if (typeof fault === 'number') return void response.writeHead(fault).end('{"errors":[]}');
    const onwards = send(new URL(request.url ?? '/', target), {
      method: request.method,
      headers: request.headers,
    });
    onwards.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onwards.on('error', () => response.destroy());
    request.pipe(onwards);
  });
  const port = await listen(server, { port: 0, host: '127.0.0.1' });
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    state,
    /** The faults of the next requests; those after them fare as `state.fault` says. */
    next: (...faults: Fault[]) => void script.push(...faults),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export type FaultyDoor = Awaited<ReturnType<typeof createFaultyDoor>>;
