import { createServer } from 'node:http';
import { createLogger } from '@gatehouse/service-kit';
import { createDoor, createFetches, type Fetches, passportHeader } from '@gatehouse/service-kit/subgraph';
import { type DocumentNode, execute, type GraphQLSchema, parse } from 'graphql';
import { type Name, names, subgraphSchema } from './graph.ts';

/** The four subgraphs behind thin servers, the same for every gateway: answers from memory. */
const maxAnswers = 1_000;
const logger = createLogger({ name: 'bench', level: 'error' });
const ports: Record<string, number> = {};
for (const name of names) ports[name] = await serve(name);
process.send?.({ ports });
process.on('disconnect', () => process.exit(0));

/** For our own gateway's door: questions executed once, too. */
function remembered(schema: GraphQLSchema): Fetches<null> {
  const fetches = createFetches({ name: 'user', schema, context: () => ({}) }, { logger });
  return {
    ...fetches,
    prepare(query) {
      const run = fetches.prepare(query);
      const answers = new Map<string, ReturnType<typeof run>>();
      return (variables, caller) => {
        const key = JSON.stringify(variables);
        const result = answers.get(key) ?? run(variables, caller);
        if (answers.size < maxAnswers) answers.set(key, result);
        return result;
      };
    },
  };
}

function serve(name: Name): Promise<number> {
  const schema = subgraphSchema(name);
  const documents = new Map<string, DocumentNode>();

  const answers = new Map<string, string>();

  /** Every question is executed once: what the subgraphs cost must not hide what the gateways cost. */
  const answer = async (body: string): Promise<string> => {
    const known = answers.get(body);
    if (known) return known;
    const { query, variables, operationName } = JSON.parse(body);
    const document = documents.get(query) ?? parse(query, { noLocation: true });
    documents.set(query, document);
    const result = await execute({
      schema,
      document,
      variableValues: variables,
      operationName,
      contextValue: {},
    });
    const text = JSON.stringify(result);
    if (answers.size < maxAnswers) answers.set(body, text);
    return text;
  };

  const server = createServer((request, response) => {
    const send = (status: number, text: string) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    };
    if (request.method === 'GET') return send(200, JSON.stringify({ enforced: [], status: 'ready' }));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization, [passportHeader]: passport } = request.headers;
      const body = Buffer.concat(chunks).toString();
      // Whoever wants data has to say for whom.
      if (!authorization && !passport && !body.includes('_service')) return send(401, '{}');
      answer(body).then(
        (result) => send(200, result),
        (error: Error) => send(400, JSON.stringify({ errors: [{ message: error.message }] })),
      );
    });
  });
  const door = createDoor({ fetches: remembered(schema), logger, admit: async () => {}, verify: () => null });
  server.on('upgrade', (request, socket, head) => void door.open(request, socket, head));
  server.keepAliveTimeout = 65_000;
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
