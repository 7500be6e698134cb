import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway, topologies } from './harness/gateway.ts';
import { raw } from './harness/raw.ts';

describe.each(topologies)('routes of subgraphs, %s', (topology) => {
  let gateway: TestGateway;
  let aborted: Promise<void>;
  const reached: { subgraph: string; url: string; headers: Record<string, unknown>; client: ClientInfo }[] =
    [];
  beforeAll(async () => {
    gateway = await startGateway({ topology });
    const gone = Promise.withResolvers<void>();
    aborted = gone.promise;
    const answer = (subgraph: 'auth' | 'storage' | 'notification', prefix: string) =>
      gateway.routes[subgraph].push({
        prefix,
        async handle(incoming, response, client) {
          reached.push({ subgraph, url: incoming.url ?? '', headers: { ...incoming.headers }, client });
          if (incoming.url === '/storage/hang') {
            response.once('close', gone.resolve);
            return void response.write('…');
          }
          if (incoming.url === '/storage/refuse') return void response.writeHead(403).end('no');
          const hash = createHash('sha256');
          let size = 0;
          for await (const chunk of incoming) {
            size += chunk.length;
            hash.update(chunk);
          }
          response.writeHead(201, {
            'x-size': size,
            connection: 'close, x-hop',
            'x-hop': 'no',
            location: '/somewhere',
          });
          response.end(hash.digest('hex'));
        },
      });
    answer('auth', '/oauth2');
    answer('auth', '/.well-known');
    answer('auth', '/audit');
    answer('storage', '/storage');
    answer('notification', '/dev/mailbox');
    answer('notification', '/sms/status');
    answer('notification', '/mail/reports');
  });
  beforeEach(() => {
    reached.length = 0;
  });
  afterAll(() => gateway.stop());

  it.each([
    ['/oauth2/token?x=1', 'auth'],
    ['/.well-known/oauth-authorization-server/oauth2', 'auth'],
    ['/storage/documents/1', 'storage'],
    ['/audit/exports/1', 'auth'],
    ['/dev/mailbox', 'notification'],
    ['/sms/status/1', 'notification'],
    ['/mail/reports', 'notification'],
  ])('%s leads to %s', async (path, subgraph) => {
    const response = await fetch(`${gateway.url}${path}`, {
      headers: { authorization: 'Basic abc' },
      redirect: 'manual',
    });
    expect([response.status, response.headers.get('location')]).toEqual([201, '/somewhere']);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-hop')).toBe(topology === 'remote' ? null : 'no');
    expect(reached).toMatchObject([{ subgraph, url: path, headers: { authorization: 'Basic abc' } }]);
  });

  it('carry what the gateway knows of the client, and nothing it claims', async () => {
    const forged = {
      'gatehouse-passport': 'forged',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-anything': 'x',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
    };
    await fetch(`${gateway.url}/oauth2/token`, { headers: { ...forged, 'user-agent': 'test' } });
    const { headers, client } = reached[0] ?? { headers: {} as Record<string, unknown>, client: null };
    const host = `127.0.0.1:${gateway.port}`;
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
    });
    expect(headers).not.toHaveProperty('forwarded');
    expect(headers).not.toHaveProperty('x-real-ip');
    expect(headers).not.toHaveProperty('x-forwarded-anything');
    expect(headers['gatehouse-passport']).not.toBe('forged');
    expect(client).toEqual({ ipAddress: '127.0.0.1', userAgent: 'test', host });
  });

  it('stream large bodies', async () => {
    const body = randomBytes(20_000_000);
    const response = await fetch(`${gateway.url}/storage/1`, { method: 'PUT', body });
    expect(response.headers.get('x-size')).toBe('20000000');
    expect(await response.text()).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it.each(['/storage/refuse', '/storage/1'])(
    'ask for an expected body when it is wanted: %s',
    async (path) => {
      let continued = false;
      const sending = request(`${gateway.url}${path}`, {
        method: 'PUT',
        headers: { expect: '100-continue', 'content-length': '4' },
      });
      sending.flushHeaders();
      sending.on('continue', () => {
        continued = true;
        sending.end('body');
      });
      const [response] = await once(sending, 'response');
      response.resume();
      expect([response.statusCode, continued]).toEqual(
        path === '/storage/refuse' ? [403, topology === 'remote'] : [201, true],
      );
      sending.destroy();
    },
  );

  it('that do not want a body leave the connection usable', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = async (path: string, bytes: number) => {
      const sending = request(`${gateway.url}${path}`, { method: 'PUT', agent });
      sending.end(Buffer.alloc(bytes));
      const [response] = await once(sending, 'response');
      response.resume();
      await once(response, 'end');
      return response.statusCode;
    };
    for (let n = 0; n < 3; n++) {
      expect(await send('/storage/refuse', 3_000_000)).toBe(403);
      expect(await send('/graphql', 3_000_000)).toBe(405);
      expect(await send('/storage/1', 1)).toBe(201);
    }
    agent.destroy();
  });

  it('end when the client goes away', async () => {
    const gone = new AbortController();
    const response = await fetch(`${gateway.url}/storage/hang`, { signal: gone.signal });
    expect(response.status).toBe(200);
    gone.abort();
    await aborted;
  });

  it.each([
    '/oauth2/../graphql',
    '/oauth2/%2e%2e/storage/1',
    '/oauth2/..%2fstorage',
    '/oauth2%2f..%2fstorage',
    '//oauth2/token',
    '/oauth2//token',
    '/oauth2/./token',
    '/storage\\..\\oauth2',
    '/storage/%00',
    '/storage/%zz',
    'http://evil.example/oauth2/token',
    '*',
  ])('refuse the target %s', async (target) => {
    const answer = await raw(
      gateway.port,
      `GET ${target} HTTP/1.1\r\nhost: localhost:${gateway.port}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(reached).toEqual([]);
  });

  it.each(['/oauth2x', '/storagex/1', '/OAUTH2/token', '/dev', '/enforced', '/graphql/stream', '/metrics'])(
    'do not lead from %s',
    async (path) => {
      expect((await fetch(`${gateway.url}${path}`)).status).toBe(404);
      expect(reached).toEqual([]);
    },
  );

  it.each(['evil.example/x', 'a b', '', 'a@b', '[::1', 'x:99999999'])('refuse the Host %j', async (host) => {
    const answer = await raw(
      gateway.port,
      `GET /oauth2/token HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(reached).toEqual([]);
  });
});

describe('the mailbox', () => {
  it('is for this machine, also behind a proxy on it', async () => {
    const gateway = await startGateway({ config: { trustedProxies: ['127.0.0.0/8'] } });
    gateway.routes.notification.push({
      prefix: '/dev/mailbox',
      handle: (_, response) => void response.end('mail'),
    });
    const read = (headers: Record<string, string>) => fetch(`${gateway.url}/dev/mailbox`, { headers });
    expect((await read({})).status).toBe(200);
    expect((await read({ 'x-forwarded-for': '203.0.113.9' })).status).toBe(404);
    await gateway.stop();
  });
});
