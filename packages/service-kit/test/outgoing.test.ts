import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeServer, listen } from '../src/index.ts';
import { createOutgoing, isPublicAddress, problemOfUrl, type Resolve } from '../src/outgoing/index.ts';

let server: Server;
let port: number;
const received: { url: string | undefined; host: string | undefined; body: string }[] = [];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ url: request.url, host: request.headers.host, body });
    if (request.url === '/redirect') {
      return void response.writeHead(307, { location: `http://127.0.0.1:${port}/inside` }).end();
    }
    if (request.url === '/slow') return;
    if (request.url === '/endless') {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => clearInterval(timer));
      return;
    }
    if (request.url === '/told') return void response.writeHead(404, { 'x-a': ['1', '2'] }).end('not here');
    response.writeHead(request.url === '/fails' ? 500 : 204).end();
  });
  port = await listen(server, { port: 0, host: '127.0.0.1' });
});
afterAll(() => closeServer(server, 100));

describe('what is public', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1'])(
    '%s is',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2001::1',
    '2002:7f00:1::1',
    '2001:db8::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'not an address',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a URL', () => {
  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://user:password@example.com/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://db.internal/',
    'no url',
  ])('%s is refused before anything is sent', async (url) => {
    expect(problemOfUrl(url)).toMatch(/^must/);
    const outgoing = createOutgoing();
    await expect(outgoing.post(url, '{}', {})).rejects.toThrow('the URL must');
    await outgoing.close();
  });

  it('on the internet is taken', () => {
    expect(problemOfUrl('https://hooks.example.com/a?b=c')).toBeUndefined();
    expect(problemOfUrl('https://1.1.1.1/')).toBeUndefined();
    expect(problemOfUrl('http://127.0.0.1:1/', { allowPrivate: true })).toBeUndefined();
  });
});

describe('a name', () => {
  const trying = async (resolve: Resolve, url = `https://hooks.example.com:${port}/x`) => {
    const before = received.length;
    const outgoing = createOutgoing({ resolve, timeoutMs: 1_000 });
    const error = await outgoing.post(url, '{}', {}).then(
      () => 'sent',
      (reason: Error) => reason.message,
    );
    await outgoing.close();
    expect(received.length).toBe(before);
    return error;
  };
  const to =
    (...addresses: string[]): Resolve =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

  it.each([['127.0.0.1'], ['169.254.169.254'], ['10.1.2.3'], ['::1'], ['::ffff:127.0.0.1'], ['fe80::1']])(
    'that leads to %s is refused',
    async (address) => {
      expect(await trying(to(address))).toBe('the address is private');
    },
  );

  it('is refused for one private address among public ones', async () => {
    expect(await trying(to('8.8.8.8', '127.0.0.1'))).toBe('the address is private');
  });

  it('is resolved once for each connection, and that very address is used: rebinding gains nothing', async () => {
    let asked = 0;
    const rebinding: Resolve = async () => {
      asked++;
      return asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '8.8.8.8', family: 4 }];
    };
    expect(await trying(rebinding)).toBe('the address is private');
    expect(asked).toBe(1);
  });

  it('that has no address, or none that is told, is no connection', async () => {
    expect(await trying(to())).toBe('the name has no address');
    expect(await trying(() => Promise.reject(new Error('SERVFAIL')))).toBe('the name could not be resolved');
  });
});

describe('with private addresses allowed', () => {
  const outgoing = createOutgoing({
    allowPrivate: true,
    timeoutMs: 500,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  afterAll(() => outgoing.close());
  const post = (path: string) => outgoing.post(`http://hooks.example.com:${port}${path}`, '{"a":1}', {});

  it('a body arrives, at the host it was meant for', async () => {
    await post('/hook');
    expect(received.at(-1)).toEqual({ url: '/hook', host: `hooks.example.com:${port}`, body: '{"a":1}' });
  });

  it('a redirect is not followed', async () => {
    await expect(post('/redirect')).rejects.toThrow('answered with status 307');
    expect(received.at(-1)?.url).toBe('/redirect');
  });

  it('a failure says why, and nothing of what was answered', async () => {
    await expect(post('/fails')).rejects.toThrow('answered with status 500');
    await expect(post('/slow')).rejects.toThrow('no answer in time');
    await expect(post('/endless')).resolves.toBeUndefined();
    await expect(outgoing.post('http://hooks.example.com:1/', '', {})).rejects.toThrow('no connection');
  });

  it('an answer is read when it is asked for, up to a size', async () => {
    const get = (path: string) =>
      outgoing.request(`http://hooks.example.com:${port}${path}`, { method: 'GET' });
    expect(await get('/told')).toMatchObject({ status: 404, headers: { 'x-a': '1, 2' }, body: 'not here' });
    await expect(get('/endless')).rejects.toThrow('too large');
    await expect(get('/slow')).rejects.toThrow('no answer in time');
    expect(await get('/redirect')).toMatchObject({ status: 307, body: '' });
  });
});
