import dns from 'node:dns';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment, StartupError } from '@gatehouse/service-kit';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { gatewayConfigOf, gatewayEnvironment } from '../src/index.ts';
import { proveEnforcement } from '../src/supergraph/prove-enforcement.ts';
import { composed, startGateway, topologies } from './harness/gateway.ts';
import { listen } from './harness/stream-clients.ts';

const connectionWith = (enforced: string[]) => ({ enforced: async () => enforced }) as never;

describe('the proof of enforcement', () => {
  const everything: Record<string, string[]> = {
    user: ['Query.me', 'Query.user'],
    auth: ['Query.session', 'Subscription.securityEvents', 'User.lastLoginAt'],
    storage: ['User.documents'],
    notification: ['User.notifications'],
  };
  const prove = (declared: Record<string, string[]>, sdl = composed()) =>
    proveEnforcement(
      sdl,
      Object.fromEntries(Object.entries(declared).map(([name, fields]) => [name, connectionWith(fields)])),
    );

  it('holds for subgraphs that enforce what they declare', async () => {
    await expect(prove(everything)).resolves.toBeUndefined();
  });

  it('names the fields left open, and by whom', async () => {
    const lacking = { ...everything, auth: ['Query.session'], user: [] };
    const error = await prove(lacking).catch((problem: Error) => problem);
    expect(error).toBeInstanceOf(StartupError);
    for (const line of [
      'Query.me (user)',
      'Query.user (user)',
      'Subscription.securityEvents (auth)',
      'User.lastLoginAt (auth)',
    ])
      expect((error as Error).message).toContain(line);
    expect((error as Error).message).not.toContain('Query.session');
  });

  it('counts what one subgraph enforces for that one only', async () => {
    const elsewhere = { ...everything, storage: [], user: [...(everything.user ?? []), 'User.documents'] };
    await expect(prove(elsewhere)).rejects.toThrow('User.documents (storage)');
  });

  it('covers fields protected by their type, in every graph that resolves them', async () => {
    const whole = composed().replace(/type Document\n/, 'type Document @authenticated\n');
    await expect(prove(everything, whole)).rejects.toThrow(
      /Document\.id \(storage\)[\s\S]*Document\.owner \(storage\)/,
    );
  });

  it('is not given for kinds of types that no subgraph can guard', async () => {
    const sdl = composed().replace(
      /enum join__Graph/,
      'interface Node @authenticated @join__type(graph: USER) { id: ID! }\nenum join__Graph',
    );
    await expect(prove(everything, sdl)).rejects.toThrow('Node');
  });

  it('asks for every subgraph of the supergraph', async () => {
    const { auth: _, ...others } = everything;
    await expect(prove(others)).rejects.toThrow('"auth"');
  });
});

describe.each(topologies)('a gateway over subgraphs %s', (topology) => {
  it('does not start when a subgraph enforces too little', async () => {
    const sdl = composed().replace(
      'hello(name: String, tags: [String!]): String! @join__field(graph: USER)',
      '$& @authenticated',
    );
    expect(sdl).not.toBe(composed());
    await expect(startGateway({ topology, sdl })).rejects.toThrow('Query.hello (user)');
  });

  it('calls nobody but its subgraphs', async () => {
    const outside: unknown[] = [];
    const isInside = (where: unknown) =>
      ['127.0.0.1', 'localhost', '::1', undefined].includes(where as string);
    const connect = vi.spyOn(net.Socket.prototype, 'connect').mockImplementation(function (
      this: net.Socket,
      ...given
    ) {
      const [first] = (Array.isArray(given[0]) ? given[0] : given) as unknown as [{ host?: string } | number];
      const host = typeof first === 'object' ? first.host : given[1];
      if (!isInside(host)) outside.push(host);
      return originalConnect.apply(this, given as never);
    });
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((...given: Parameters<typeof dns.lookup>) => {
      if (!isInside(given[0])) outside.push(given[0]);
      return originalLookup(...given);
    }) as never);
    const gateway = await startGateway({ topology });
    await gateway.query('{ hello }');
    await sleep(300);
    await gateway.stop();
    connect.mockRestore();
    lookup.mockRestore();
    expect(outside).toEqual([]);
    expect(process.env.APOLLO_TELEMETRY_DISABLED).toBe('true');
  });

  it('finishes what runs and says goodbye to streams when it stops', async () => {
    const gateway = await startGateway({ topology });
    const running = gateway.query('{ slow(ms: 400) }');
    const { token } = await gateway.provider.signIn([]);
    const query = 'subscription { securityEvents { id } }';
    const [socket, sse] = [
      listen(gateway, 'websocket', { query, token }),
      listen(gateway, 'sse', { query, token }),
    ];
    for (let n = 0; n < 200 && gateway.listeners() < 2; n++) await sleep(5);
    const started = Date.now();
    await gateway.gateway.stop();
    expect(Date.now() - started).toBeLessThan(8_000);
    expect(await running).toEqual({ data: { slow: 'done' } });
    expect((await sse.event(0)).errors?.[0]?.extensions.code).toBe('RESUME_REQUIRED');
    expect((await socket.event(0)).errors?.[0]?.extensions.code).toBe('RESUME_REQUIRED');
    expect([1001, 1013]).toContain((await socket.closed)?.code);
    await gateway.stop();
  });

  it('is alive and ready', async () => {
    const gateway = await startGateway({ topology });
    for (const path of ['healthz', 'readyz'])
      expect((await fetch(`${gateway.url}/${path}`)).status).toBe(200);
    await gateway.stop();
  });
});

describe('the environment', () => {
  const read = (source: Record<string, string>) =>
    gatewayConfigOf(readEnvironment(z.object(gatewayEnvironment), source));

  it('has defaults', () => {
    expect(read({})).toMatchObject({
      port: 4000,
      publicUrl: 'http://localhost:4000',
      trustedProxies: [],
      corsOrigins: [],
    });
    expect(read({ PORT: '4100' }).publicUrl).toBe('http://localhost:4100');
  });

  it('reads lists', () => {
    const config = read({
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      CORS_ORIGINS: 'https://a.example,http://localhost:5173',
    });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '::1']);
    expect(config.corsOrigins).toEqual(['https://a.example', 'http://localhost:5173']);
  });

  it.each([
    { TRUSTED_PROXIES: '10.0.0.0/33' } as Record<string, string>,
    { TRUSTED_PROXIES: 'proxy.local' },
    { CORS_ORIGINS: '*' },
    { CORS_ORIGINS: 'https://a.example/path' },
    { PUBLIC_URL: 'ftp://x' },
    { PORT: '99999' },
  ])('refuses %j', (source) => {
    expect(() => read(source)).toThrow(StartupError);
  });
});

const originalConnect = net.Socket.prototype.connect;
const originalLookup = dns.lookup;
