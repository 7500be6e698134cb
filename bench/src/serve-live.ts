import { createServer } from 'node:http';
import { serviceCaller } from '@gatehouse/identity';
import { execute, parse } from 'graphql';
import { createHandler } from 'graphql-sse/lib/use/http';
import { subgraphSchema } from './graph.ts';
import { liveEnforced, publishOnMessage } from './live.ts';

/** The subscription behind a thin server, the same for every gateway: the graphql-sse protocol on every path. */
const schema = subgraphSchema('notification');
const contextValue = { caller: serviceCaller('gateway') };
const stream = createHandler({ schema, context: () => contextValue });

const server = createServer((request, response) => {
  if (request.headers.accept?.includes('text/event-stream')) return void stream(request, response);
  if (request.method === 'GET') return answer({ enforced: liveEnforced, status: 'ready' });
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (text) => {
    body += text;
  });
  request.on('end', async () => {
    const { query, variables: variableValues } = JSON.parse(body);
    answer(await execute({ schema, document: parse(query), variableValues, contextValue }));
  });

  function answer(result: object): void {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  }
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
publishOnMessage();
process.on('disconnect', () => process.exit(0));
