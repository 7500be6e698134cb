import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { person, refusal, sha256, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
const ada = person(newId());

beforeAll(async () => {
  storage = await startStorage({ stalledAfterMs: 300, maxOpenUploads: 500 });
});
afterAll(() => storage.stop());

const put = (url: string, body: string | Buffer) => fetch(url, { method: 'PUT', body });

test('what was announced is sent to the signed URL, found and answered as it is', async () => {
  const content = 'Hello, world\n';
  const upload = await storage.announce(ada, {
    name: 'hello.txt',
    size: content.length,
    sha256: sha256(content).toUpperCase(),
    kind: 'certificate',
    tags: ['a', 'b', 'a'],
  });
  expect(upload.method).toBe('PUT');
  expect(upload.uploadUrl).toMatch(
    /\/storage\/uploads\/[0-9a-f-]{36}\?tenant=[0-9a-f-]{36}&expires=\d+&signature=[\w-]{43}$/,
  );
  expect(Date.parse(upload.expiresAt) - Date.now()).toBeGreaterThan(890_000);

  const answer = await put(upload.uploadUrl, content);
  expect(answer.status).toBe(201);
  const stored = { size: content.length, sha256: sha256(content), contentType: 'text/plain' };
  expect(await answer.json()).toEqual({ documentId: upload.documentId, ...stored });

  const { data } = await storage.ask(
    ada,
    'query ($id: ID!) { document(id: $id) { id name kind tags contentType size sha256 owner { id } createdAt } }',
    { id: upload.documentId },
  );
  expect(data.document).toMatchObject({
    id: upload.documentId,
    name: 'hello.txt',
    kind: 'certificate',
    tags: ['a', 'b'],
    ...stored,
    owner: { id: ada.principal.userId },
  });
});

test('its owner is said to have written, for lists that replicas answer', async () => {
  const written: string[] = [];
  storage.database.noteWrite = async (caller) => void written.push(caller);
  try {
    await storage.store(ada, 'Hello');
    expect(written).toEqual([`${ada.principal.tenantId}/${ada.principal.userId}`]);
  } finally {
    delete storage.database.noteWrite;
  }
});

test('of 50 uses of one URL at once exactly one wins', async () => {
  const content = randomBytes(300_000);
  const { documentId, uploadUrl } = await storage.announce(ada, { name: 'race.bin', size: content.length });
  const answers = await Promise.all(Array.from({ length: 50 }, () => put(uploadUrl, content)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const refused = await Promise.all(answers.filter(({ status }) => status !== 201).map(refusal));
  expect(new Set(refused.map(String))).toEqual(new Set(['409,CONFLICT']));
  expect(await storage.blobs.stat(documentId)).toMatchObject({ sha256: sha256(content) });
  expect(await refusal(await put(uploadUrl, content))).toEqual([409, 'CONFLICT']);
});

test('a URL that was changed in any part opens nothing', async () => {
  const { uploadUrl, documentId } = await storage.announce(ada, { name: 'a.txt', size: 3 });
  const other = await storage.announce(ada, { name: 'b.txt', size: 3 });
  const url = new URL(uploadUrl);
  const changed = [
    uploadUrl.replace(/expires=\d+/, `expires=${Math.floor(Date.now() / 1000) + 9_999}`),
    uploadUrl.replace(/signature=./, (start) => `signature=${start.endsWith('A') ? 'B' : 'A'}`),
    `${url.origin}${new URL(other.uploadUrl).pathname}${url.search}`,
    `${url.origin}${url.pathname}`,
    `${url.origin}${url.pathname}?expires=${url.searchParams.get('expires')}&signature=%00`,
  ];
  for (const forged of changed) expect(await refusal(await put(forged, 'abc'))).toEqual([403, 'FORBIDDEN']);
  expect(await refusal(await fetch(`${url.origin}/storage/documents/${documentId}${url.search}`))).toEqual([
    403,
    'FORBIDDEN',
  ]);
  expect(await refusal(await fetch(uploadUrl))).toEqual([405, 'METHOD_NOT_ALLOWED']);
  expect(await refusal(await put(`${url.origin}/storage/else`, 'abc'))).toEqual([404, 'NOT_FOUND']);
  expect((await put(uploadUrl, 'abc')).status).toBe(201);
});

test('too many bytes, too few, and others than announced are refused; the URL still takes the right ones', async () => {
  const content = randomBytes(100_000);
  const before = await storage.leftovers();
  const { uploadUrl } = await storage.announce(ada, { name: 'x', size: 100_000, sha256: sha256(content) });
  const streamed = (bytes: Buffer) =>
    fetch(uploadUrl, {
      method: 'PUT',
      body: new Blob([new Uint8Array(bytes)]).stream(),
      duplex: 'half',
    } as RequestInit);

  expect(await refusal(await put(uploadUrl, randomBytes(100_001)))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  expect(await refusal(await put(uploadUrl, randomBytes(99_999)))).toEqual([400, 'BAD_USER_INPUT']);
  expect(await refusal(await streamed(randomBytes(100_001)))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  expect(await refusal(await streamed(randomBytes(99_999)))).toEqual([400, 'BAD_USER_INPUT']);
  expect(await refusal(await put(uploadUrl, randomBytes(100_000)))).toEqual([400, 'BAD_USER_INPUT']);
  expect(await storage.leftovers()).toEqual(before);
  expect((await streamed(content)).status).toBe(201);
});

test('a body far past the announced size is cut off', async () => {
  const { uploadUrl } = await storage.announce(ada, { name: 'x', size: 10 });
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  const answer = await fetch(uploadUrl, {
    method: 'PUT',
    body: endless,
    duplex: 'half',
  } as RequestInit).catch(() => null);
  if (answer) expect(await refusal(answer)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  expect(sent).toBeLessThan(20_000_000);
});

test('a client that goes away leaves nothing behind and may come back', async () => {
  const before = await storage.leftovers();
  const content = randomBytes(2_000_000);
  const { uploadUrl } = await storage.announce(ada, { name: 'x', size: content.length });
  await new Promise<void>((resolve) => {
    const sending = request(uploadUrl, { method: 'PUT', headers: { 'content-length': content.length } });
    sending.on('error', () => resolve());
    sending.write(content.subarray(0, 1_000_000), () =>
      setTimeout(() => sending.destroy(new Error('gone')), 50),
    );
  });
  await expect.poll(() => storage.leftovers()).toEqual(before);
  await expect.poll(async () => (await put(uploadUrl, content)).status, { interval: 100 }).toBe(201);
});

test('a client that is slow is waited for, one that is silent is not', async () => {
  const { uploadUrl } = await storage.announce(ada, { name: 'slow.txt', size: 5 });
  const { port, pathname, search } = new URL(uploadUrl);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `PUT ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n`,
  );
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  await expect.poll(() => answer).toMatch(/^HTTP\/1.1 100 Continue/);
  for (const letter of 'hell') {
    socket.write(letter);
    await delay(150);
  }
  await delay(500);
  expect(answer).toMatch(/HTTP\/1.1 400.*No bytes came for too long/s);
  socket.destroy();
  expect((await put(uploadUrl, 'hello')).status).toBe(201);
});

test('the type is found by the content, not by the name; programs and pages are not taken', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const typeOf = async (name: string, content: string | Buffer) => {
    const { uploadUrl } = await storage.announce(ada, { name, size: Buffer.byteLength(content) });
    const answer = await put(uploadUrl, content);
    return answer.ok
      ? ((await answer.json()) as { contentType: string }).contentType
      : (await refusal(answer))[1];
  };
  expect(await typeOf('picture.html', png)).toBe('image/png');
  expect(await typeOf('a.pdf', '%PDF-1.7\n%âãÏÓ\n')).toBe('application/pdf');
  expect(await typeOf('a.png', 'just text, ünïcode')).toBe('text/plain');
  expect(await typeOf('a.csv', 'a;b\n1;2\n')).toBe('text/csv');
  expect(await typeOf('a.txt', '{"a": [1, 2]}')).toBe('application/json');
  expect(await typeOf('a.xml', '<?xml version="1.0"?><a/>')).toBe('application/xml');
  expect(await typeOf('a.md', 'how to write <script> and <svg >')).toBe('text/plain');
  expect(await typeOf('a.json', '{"html": "<html></html>"}')).toBe('application/json');
  expect(await typeOf('a.jpg', randomBytes(50))).toBe('application/octet-stream');
  const refused = [
    ['photo.jpg', '<!DOCTYPE html><p>hello'],
    ['photo.jpg', '  \n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['a.xml', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
    [
      'a.xml',
      '<?xml version="1.0"?><!-- x --><!DOCTYPE svg PUBLIC "x" "y">\n<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    ],
    ['a.txt', '<!-- a page --> <SCRIPT>alert(1)</SCRIPT>'],
    ['a.txt', '#!/bin/sh\nrm -rf /'],
    ['a.pdf', Buffer.from('4d5a90000300000004000000ffff0000b800000000000000', 'hex')],
    ['a', Buffer.from('7f454c46020101000000000000000000', 'hex')],
  ] as const;
  for (const [name, content] of refused) expect(await typeOf(name, content)).toBe('UNSUPPORTED_MEDIA_TYPE');
});
