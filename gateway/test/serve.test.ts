import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mockSubgraphSchema } from './differential/mock-subgraph.ts';
import { catalog } from './differential/supergraphs/index.ts';
import { compose } from './differential/test-graph.ts';
import { composed } from './harness/gateway.ts';

/** `node gateway/src/serve.ts`, as somebody would start it who audits the engine. */

const entry = new URL('../src/serve.ts', import.meta.url).pathname;
const started: ChildProcess[] = [];
const subgraphs: Server[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-serve-'));
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  for (const server of subgraphs) server.close();
  await rm(folder, { recursive: true });
});

/** Starts it; resolves with its port, or with its complaint and exit code. */
async function serve(
  ...options: string[]
): Promise<{ port: number } | { code: number | null; text: string }> {
  const child = spawn(process.execPath, [entry, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  started.push(child);
  let text = '';
  return await new Promise((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const port = /"port":(\d+)/.exec(text)?.[1];
      if (port) resolve({ port: Number(port) });
    });
    child.on('exit', (code) => resolve({ code, text }));
  });
}

/** A mocked subgraph behind HTTP. */
async function serveSubgraph(sdl: string): Promise<string> {
  const schema = mockSubgraphSchema(sdl);
  const contextValue = { faultSeed: null, nextMutation: () => 1 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString());
      response.setHeader('content-type', 'application/json');
      void graphql({ schema, source: query, variableValues: variables, contextValue }).then((result) =>
        response.end(JSON.stringify(result)),
      );
    });
  });
  subgraphs.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/graphql`;
}

async function catalogFile(): Promise<string> {
  let sdl = compose(catalog);
  for (const [name, subgraph] of Object.entries(catalog.subgraphs)) {
    sdl = sdl.replace(`"http://${name}"`, JSON.stringify(await serveSubgraph(subgraph)));
  }
  const file = join(folder, 'catalog.graphql');
  await writeFile(file, sdl);
  return file;
}

describe('the engine over any supergraph file', () => {
  it('asks the subgraphs at the URLs of the file and shows the schema', async () => {
    const running = await serve('--supergraph', await catalogFile(), '--port', '0');
    if (!('port' in running)) throw new Error(running.text);
    const response = await fetch(`http://127.0.0.1:${running.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: '{ products(first: 2) { sku inStock reviews { stars } } __schema { queryType { name } } }',
      }),
    });
    const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
    expect(errors).toBeUndefined();
    expect(data.__schema).toEqual({ queryType: { name: 'Query' } });
    expect(Array.isArray(data.products)).toBe(true);
  });

  it('refuses a supergraph that protects fields: there is nobody here to be signed in', async () => {
    const file = join(folder, 'protected.graphql');
    await writeFile(file, composed());
    const ended = await serve('--supergraph', file, '--port', '0');
    expect(ended).toMatchObject({ code: 1, text: expect.stringContaining('Query.me (user)') });
  });

  it.each([
    [[], 'usage:'],
    [['--supergraph', '/nowhere.graphql', '--port', '0'], "can't be read"],
  ])('says what is wrong with %j', async (options, text) => {
    expect(await serve(...options)).toMatchObject({ code: 1, text: expect.stringContaining(text) });
  });
});
