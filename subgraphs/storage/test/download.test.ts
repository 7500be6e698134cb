import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { person, refusal, sha256, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
let url: string;
const ada = person(newId());
const content = randomBytes(700_000);

beforeAll(async () => {
  storage = await startStorage();
  const id = await storage.store(ada, content, {
    name: 'über "alles"; \r?.bin'.replace('\r', ''),
    sha256: sha256(content),
  });
  url = await storage.downloadUrl(ada, id);
});
afterAll(() => storage.stop());

const get = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });
const bytes = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

test('the content comes back as it was sent, never to be shown as a page', async () => {
  const answer = await get();
  expect(answer.status).toBe(200);
  expect(await bytes(answer)).toEqual(content);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '700000',
    'accept-ranges': 'bytes',
    etag: `"${sha256(content)}"`,
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  const disposition = answer.headers.get('content-disposition') ?? '';
  expect(disposition).toMatch(
    /^attachment; filename="[ -~]+"; filename\*=UTF-8''%C3%BCber%20%22alles%22%3B%20%3F\.bin$/,
  );
});

test('HEAD says the same without the content', async () => {
  const answer = await get({}, 'HEAD');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-length')).toBe('700000');
  expect(await answer.text()).toBe('');
});

test('a range is answered exactly', async () => {
  const ranges: [string, number, number][] = [
    ['bytes=0-0', 0, 0],
    ['bytes=0-262143', 0, 262_143],
    ['bytes=262143-262144', 262_143, 262_144],
    ['bytes=100-600000', 100, 600_000],
    ['bytes=699999-', 699_999, 699_999],
    ['bytes=-10', 699_990, 699_999],
    ['bytes=-9999999', 0, 699_999],
    ['bytes=5-9999999', 5, 699_999],
  ];
  for (const [range, start, end] of ranges) {
    const answer = await get({ range });
    expect(answer.status, range).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end}/700000`);
    expect(answer.headers.get('content-length')).toBe(String(end - start + 1));
    expect((await bytes(answer)).equals(content.subarray(start, end + 1)), range).toBe(true);
  }
});

test('a range past the end is refused; several, a malformed one and one of another content give the whole', async () => {
  for (const range of ['bytes=700000-', 'bytes=-0', 'bytes=700000-700001']) {
    const answer = await get({ range });
    expect([answer.status, answer.headers.get('content-range')], range).toEqual([416, 'bytes */700000']);
  }
  const whole: Record<string, string>[] = [
    { range: 'bytes=0-1,5-6' },
    { range: 'lines=0-1' },
    { range: 'bytes=abc' },
    { range: 'bytes=-' },
    { range: 'bytes=5-2' },
    { range: 'bytes=0-1', 'if-range': '"another"' },
    { range: 'bytes=0-1', 'if-range': `W/"${sha256(content)}"` },
    { range: 'bytes=0-1', 'if-range': new Date().toUTCString() },
  ];
  for (const headers of whole) expect((await get(headers)).status, JSON.stringify(headers)).toBe(200);
  expect((await get({ range: 'bytes=0-1', 'if-range': `"${sha256(content)}"` })).status).toBe(206);
});

test('a URL of another document, a forged and an expired one open nothing', async () => {
  const other = await storage.store(ada, 'other');
  const forged = url.replace(/documents\/[^?]+/, `documents/${other}`);
  expect(await refusal(await fetch(forged))).toEqual([403, 'FORBIDDEN']);
  const { search, origin } = new URL(url);
  expect(await refusal(await fetch(`${origin}/storage/documents/${newId()}${search}`))).toEqual([
    403,
    'FORBIDDEN',
  ]);
  const brief = await startStorage({ downloadUrlSeconds: -1 });
  const id = await brief.store(ada, 'brief');
  expect(await refusal(await fetch(await brief.downloadUrl(ada, id)))).toEqual([403, 'FORBIDDEN']);
  await brief.stop();
});

test('a client that leaves in the middle does no harm', async () => {
  await new Promise<void>((resolve) => {
    const asking = request(url, (response) => {
      response.once('data', () => asking.destroy());
      response.on('close', () => resolve());
      response.on('error', () => {});
    });
    asking.on('error', () => {});
    asking.end();
  });
  expect((await bytes(await get())).equals(content)).toBe(true);
});

test('a deleted document is gone, also for those who hold a URL', async () => {
  const documentId = await storage.store(ada, 'short-lived');
  const held = await storage.downloadUrl(ada, documentId);
  expect((await fetch(held)).status).toBe(200);
  await storage.ask(
    ada,
    'mutation ($id: ID!) { deleteDocument(input: { documentId: $id }) { documentId } }',
    {
      id: documentId,
    },
  );
  expect(await refusal(await fetch(held))).toEqual([404, 'NOT_FOUND']);
});

test('the URLs of a tenant that is suspended give and take nothing', async () => {
  const eve = person(newId());
  const id = await storage.store(eve, 'a');
  const [down, up] = [
    await storage.downloadUrl(eve, id),
    await storage.announce(eve, { name: 'b.txt', size: 1 }),
  ];
  await storage.suspend(eve.principal.tenantId);
  await vi.waitFor(async () => expect((await fetch(down)).status).toBe(403), 5_000);
  expect(await refusal(await fetch(down))).toEqual([403, 'TENANT_SUSPENDED']);
  expect(await refusal(await fetch(up.uploadUrl, { method: 'PUT', body: 'b' }))).toEqual([
    403,
    'TENANT_SUSPENDED',
  ]);
});

test('a URL says whose content it is about, and nobody changes that', async () => {
  const other = new URL(url);
  other.searchParams.set('tenant', newId());
  expect(await refusal(await fetch(other))).toEqual([403, 'FORBIDDEN']);
});
