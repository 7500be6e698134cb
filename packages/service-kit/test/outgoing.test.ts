import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isPublicAddress, OutgoingRefused, outgoing } from '../src/outgoing/index.ts';

const server = createServer((request, response) => {
  if (request.url === '/redirect') return void response.writeHead(302, { location: '/' }).end();
  if (request.url === '/large') return void response.end('x'.repeat(300_000));
  response.end(`${request.method} ${request.headers.host}`);
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

const get = (url: string, allowPrivate = false) =>
  Promise.resolve().then(() => outgoing(url, { method: 'GET' }, { allowPrivate }));

it.each([
  '127.0.0.1',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  'localhost',
])('%s is no public address', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111'])('%s is one', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

it.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::1]/',
  'https://[::ffff:7f00:1]/',
  'https://localhost/',
  'http://example.com/',
  'file:///etc/passwd',
])('%s is refused before anything is sent', async (url) => {
  await expect(get(url)).rejects.toBeInstanceOf(OutgoingRefused);
});

it('reaches this machine when that is allowed, follows no redirect and reads no more than it should', async () => {
  expect((await get(`http://localhost:${port}/`, true)).body).toBe(`GET localhost:${port}`);
  expect((await get(`http://127.0.0.1:${port}/redirect`, true)).status).toBe(302);
  await expect(get(`http://127.0.0.1:${port}/large`, true)).rejects.toBeInstanceOf(OutgoingRefused);
});
