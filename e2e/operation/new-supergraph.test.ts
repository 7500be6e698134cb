import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { people } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

const own = readFileSync(resolve(import.meta.dirname, '../../supergraph.graphql'), 'utf8');
const workers = 2;
let folder: string;
let file: string;
let deployment: Deployment;
let story: ReturnType<typeof people>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-supergraph-'));
  file = join(folder, 'supergraph.graphql');
  writeFileSync(file, own);
  const env = { SUPERGRAPH_FILE: file, WORKERS: String(workers), LOG_LEVEL: 'info' };
  deployment = await createDeployment('standalone', env);
  await deployment.start();
  story = people(deployment);
});
afterAll(async () => {
  await deployment.remove();
  await rm(folder, { recursive: true });
});

const logged = (what: string) =>
  readFileSync(deployment.logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes(what));
const replaced = () => logged('the supergraph was replaced').length;
const until = async (met: () => boolean) => {
  for (let n = 0; n < 400 && !met(); n++) await new Promise((done) => setTimeout(done, 25));
  expect(met()).toBe(true);
};

test('every worker takes a new supergraph from its file or on SIGHUP, and drops nothing', async () => {
  const { client } = await story.administrator();
  const { me } = await client.ask<{ me: { id: string } }>('{ me { id } }');
  const problems: unknown[] = [];
  let answered = 0;
  let running = true;
  const load = Array.from({ length: 6 }, async (_, n) => {
    while (running) {
      const { [`a${n}`]: again } = await client
        .ask<Record<string, { id: string }>>(`{ a${n}: me { id email } }`)
        .catch((error: Error) => ({ [`a${n}`]: error }));
      if (again instanceof Error || again?.id !== me.id) problems.push(again);
      answered += 1;
    }
  });
  onTestFinished(() => {
    running = false;
  });
  const { securityEvents } = await client.ask<{ securityEvents: { nodes: { id: string }[] } }>(
    '{ securityEvents(first: 1) { nodes { id } } }',
  );
  const after = securityEvents.nodes[0]?.id;
  const open = (fields: string, over: 'websocket' | 'sse') =>
    client.subscribe(
      `subscription ($after: ID) { securityEvents(after: $after) { ${fields} } }`,
      { after },
      over,
    );
  const streams = [open('id', 'websocket'), open('id', 'sse')];
  const leaving = open('id user { displayName }', 'websocket');
  await story.administrator();
  for (const stream of [...streams, leaving]) await stream.next();

  writeFileSync(file, own.replace(/^( {2}displayName: .*)$/m, '$1 @inaccessible'));
  await until(() => replaced() === workers);
  expect(await client.refusal('{ me { displayName } }')).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(await leaving.ended()).toBe('SCHEMA_CHANGED');

  writeFileSync(file, own.slice(0, 20_000));
  await until(() => logged('is refused').length === workers);
  expect(await client.refusal('{ me { displayName } }')).toBe('GRAPHQL_VALIDATION_FAILED');

  writeFileSync(file, own);
  await until(() => replaced() === 2 * workers);
  expect(await client.refusal('{ me { displayName } }')).toBeNull();
  process.kill(deployment.pid(), 'SIGHUP');
  await until(() => replaced() === 3 * workers);

  running = false;
  await Promise.all(load);
  expect(problems).toEqual([]);
  expect(answered).toBeGreaterThan(50);
  await story.administrator();
  for (const stream of streams) {
    await stream.next();
    stream.close();
  }
  expect(logged('"level":50')).toHaveLength(workers);
});
