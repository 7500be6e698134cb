import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { people, uploadDocument } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';
import { freePorts } from '../topology/free-ports.ts';
import { runToEnd } from './run-to-end.ts';

// One instance, from its first minute to Ctrl-C; the tests build on each other.
let deployment: Deployment;
let story: ReturnType<typeof people>;

beforeAll(async () => {
  deployment = await createDeployment('standalone', { LOG_LEVEL: 'warn' });
  await deployment.start();
  story = people(deployment);
});
afterAll(() => deployment.remove());

const mebibyte = 1024 * 1024;
/** Of the Node process, in MB. */
const memory = () =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(deployment.pid())], { encoding: 'utf8' })) / 1024;

test('idle, it takes no more than 300 MB', () => {
  expect(memory()).toBeLessThan(300);
});

test('another instance on its data folder, or with a wrong password for its database, is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
  const { port } = JSON.parse(readFileSync(join(deployment.dataDir, 'postgres.json'), 'utf8'));
  const database = `postgres://gatehouse:wrong-password@127.0.0.1:${port}/gatehouse`;
  const attempts: Record<string, string>[] = [
    { DATA_DIR: deployment.dataDir },
    { DATA_DIR: folder, DATABASE_URL: database },
  ];
  for (const env of attempts) {
    const { code, stderr } = await runToEnd({ ...env, PORT: String(await freePorts(1)) });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/in use|password/);
    expect(stderr).not.toContain('wrong-password');
  }
  rmSync(folder, { recursive: true });
  expect((await fetch(`${deployment.url}/readyz`)).status).toBe(200);
});

test('200 MB go up and down without taking more than 60 MB of memory', async () => {
  const size = 200 * mebibyte;
  const { client } = await story.administrator();
  await uploadDocument(client, { name: 'warm-up.bin', content: Buffer.alloc(8 * mebibyte, 7) });
  const before = memory();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, memory());
  }, 100);

  const { createUpload } = await client.ask<{ createUpload: { documentId: string; uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl } }',
    { input: { name: 'large.bin', size } },
  );
  const sent = createHash('sha256');
  const chunk = Buffer.alloc(mebibyte, 'gatehouse');
  const up = await story.anyone.fetch(createUpload.uploadUrl, {
    method: 'PUT',
    headers: { 'content-length': String(size) },
    duplex: 'half',
    body: (async function* () {
      for (let index = 0; index < size / mebibyte; index++) {
        chunk.writeUInt32LE(index);
        sent.update(chunk);
        yield Buffer.from(chunk);
      }
    })(),
  });
  expect(up.ok, await up.text()).toBe(true);

  const { document } = await client.ask<{ document: { sha256: string; downloadUrl: string } }>(
    'query ($id: ID!) { document(id: $id) { sha256 downloadUrl } }',
    { id: createUpload.documentId },
  );
  const received = createHash('sha256');
  const down = await story.anyone.fetch(document.downloadUrl);
  for await (const part of down.body ?? []) received.update(part);
  clearInterval(sampling);
  expect(received.digest('hex')).toBe(document.sha256);
  expect(sent.digest('hex')).toBe(document.sha256);
  expect(most - before).toBeLessThan(60);
});

test('killed with all its processes, it starts again with its data', async () => {
  const ada = await story.registerAndConfirm();
  await deployment.kill('whole tree');
  await deployment.start();
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: ada.email } });
  await story.signIn(ada);
});

test('killed alone, it finds its database still running, and goes on', async () => {
  const ada = await story.registerAndConfirm();
  await deployment.kill('first process');
  await deployment.start();
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: ada.email } });
});

test('Ctrl-C stops it within five seconds, whatever clients are doing, and leaves no process', async () => {
  const ada = await story.registerAndConfirm();
  const stream = ada.client.subscribe('subscription { notificationReceived { id } }');
  await stream.silent(200);
  const { createUpload } = await ada.client.ask<{ createUpload: { uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { uploadUrl } }',
    { input: { name: 'never ends.bin', size: 1_000_000 } },
  );
  const { port, pathname, search, host } = new URL(createUpload.uploadUrl);
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
  socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000000\r\n\r\nslow`);

  const { code, milliseconds } = await deployment.stop('SIGINT');
  expect(milliseconds).toBeLessThan(5_000);
  expect(code).toBe(0);
  socket.destroy();
  stream.close();
});
