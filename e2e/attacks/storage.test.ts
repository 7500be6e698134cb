import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { anyone, eventually, gatehouse, registerAndConfirm } from '../gatehouse.ts';

const create = `mutation ($input: CreateUploadInput!) {
  createUpload(input: $input) { documentId uploadUrl }
}`;

test('an upload that breaks off leaves nothing, and may be tried again', async () => {
  const ada = await registerAndConfirm();
  const { createUpload } = await ada.client.ask<{ createUpload: { documentId: string; uploadUrl: string } }>(
    create,
    {
      input: { name: 'torn.bin', size: 1_000_000 },
    },
  );
  const { hostname, port, pathname, search, host } = new URL(createUpload.uploadUrl);
  await new Promise<void>((done) => {
    const socket = connect({ host: hostname, port: Number(port), autoSelectFamily: true }, () => {
      socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000000\r\n\r\n`);
      socket.write('x'.repeat(300_000), () => setTimeout(() => socket.resetAndDestroy(), 50));
    });
    socket.on('error', () => {});
    socket.on('close', () => done());
  });
  const find = 'query ($id: ID!) { document(id: $id) { id } }';
  expect(await ada.client.ask(find, { id: createUpload.documentId })).toEqual({ document: null });
  await eventually(async () => {
    const again = await anyone.fetch(createUpload.uploadUrl, { method: 'PUT', body: 'x'.repeat(1_000_000) });
    await again.text();
    expect(again.status).toBeOneOf([200, 201, 204]);
  }, 3_000);
});

test('announcing is bounded', async () => {
  const { client } = await registerAndConfirm();
  for (const size of [-1, 0.5, 1e18, 1e308]) {
    expect(await client.refusal(create, { input: { name: 'a', size } }), String(size)).toBe('BAD_USER_INPUT');
  }
  expect(await client.refusal(create, { input: { name: 'a', size: 1, sha256: 'xyz' } })).toBe(
    'BAD_USER_INPUT',
  );
  expect(
    await client.refusal(create, {
      input: { name: 'a', size: 1, tags: Array.from({ length: 1_000 }, String) },
    }),
  ).toBe('BAD_USER_INPUT');
});

test('paths below /storage lead nowhere without a signature', async () => {
  for (const path of ['', '/', '/x', '/..%2f..%2fetc%2fpasswd', '/%00', '/%ff', `/${'x'.repeat(5_000)}`]) {
    for (const method of ['GET', 'PUT', 'DELETE', 'POST']) {
      const response = await anyone.fetch(`${gatehouse.url}/storage${path}`, { method });
      await response.text();
      expect(response.status, `${method} ${path}`).toBeOneOf([400, 401, 403, 404, 405, 411, 414]);
    }
  }
});
