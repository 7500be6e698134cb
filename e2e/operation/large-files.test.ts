import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { people, uploadDocument } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

const mebibyte = 1024 * 1024;
const size = 200 * mebibyte;
let deployment: Deployment;

beforeAll(async () => {
  deployment = await createDeployment('standalone', { LOG_LEVEL: 'warn' });
  await deployment.start();
});
afterAll(() => deployment.remove());

const rss = () =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(deployment.pid())], { encoding: 'utf8' })) / 1024;

test('200 MB go up and down without taking more than 60 MB of memory', async () => {
  const { administrator, anyone } = people(deployment);
  const { client } = await administrator();
  await uploadDocument(client, { name: 'warm-up.bin', content: Buffer.alloc(8 * mebibyte, 7) });
  const before = rss();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, rss());
  }, 100);

  const { createUpload } = await client.ask<{ createUpload: { documentId: string; uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl } }',
    { input: { name: 'large.bin', size } },
  );
  const sent = createHash('sha256');
  const chunk = Buffer.alloc(mebibyte, 'gatehouse');
  const up = await anyone.fetch(createUpload.uploadUrl, {
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
  const down = await anyone.fetch(document.downloadUrl);
  for await (const part of down.body ?? []) received.update(part);
  clearInterval(sampling);
  expect(received.digest('hex')).toBe(document.sha256);
  expect(sent.digest('hex')).toBe(document.sha256);
  expect(most - before).toBeLessThan(60);
});
