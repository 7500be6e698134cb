import { createServer } from 'node:http';
import { plainTokens, ready } from '../contestant.ts';
import { readyAnswers } from '../ready-answers.ts';

/** The floor: `node:http` that reads and parses the body, looks the token up and stringifies an object it has ready. */
const answers = await readyAnswers();
const tokens = new Map(plainTokens().map((token) => [`Bearer ${token}`, { userId: token }]));

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string };
    if (!tokens.get(request.headers.authorization ?? '')) return response.writeHead(401).end();
    const text = JSON.stringify(answers.get(query));
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => {
  ready({ port: (server.address() as { port: number }).port, tokens: plainTokens() });
});
