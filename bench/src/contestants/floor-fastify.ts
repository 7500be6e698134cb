import fastify from 'fastify';
import { plainTokens, ready } from '../contestant.ts';
import { readyAnswers } from '../ready-answers.ts';

/** The same floor behind Fastify. */
const answers = await readyAnswers();
const tokens = new Map(plainTokens().map((token) => [`Bearer ${token}`, { userId: token }]));

const app = fastify();
app.post<{ Body: { query: string } }>('/graphql', async (request, reply) => {
  if (!tokens.get(request.headers.authorization ?? '')) return reply.code(401).send();
  return answers.get(request.body.query);
});
await app.listen({ port: 0, host: '127.0.0.1' });
ready({ port: (app.server.address() as { port: number }).port, tokens: plainTokens() });
