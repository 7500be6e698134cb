import { composeServices } from '@apollo/composition';
import type { RedisClient } from '@gatehouse/data/redis';
import { type Caller, createPassportIssuer, createPassportVerifier, revoke } from '@gatehouse/identity';
import { createLogger, createMetrics, type Logger, type Metrics } from '@gatehouse/service-kit';
import { type SubgraphName, serveSubgraph, subgraphNames } from '@gatehouse/service-kit/subgraph';
import { exportJWK, generateKeyPair } from 'jose';
import {
  createGateway,
  defaultGatewayConfig,
  type GatewayConfig,
  inProcess,
  remote,
  type SubgraphConnection,
} from '../../src/index.ts';
import { createIdentityProvider } from './issuer.ts';
import { memoryKeyValue, memoryPubSub } from './ports.ts';
import { createSubgraphs, type Fixture, typeDefs } from './subgraphs.ts';

export type Topology = 'in process' | 'remote' | 'remote without a door';
export const topologies: Topology[] = ['in process', 'remote'];
/** Each way that a fetch can take. */
export const hops: Topology[] = [...topologies, 'remote without a door'];

type Engines = { keyValue?: ReturnType<typeof memoryKeyValue>; redis?: RedisClient };

let supergraph: string | undefined;

/** The test subgraphs, composed; once, because it takes longer than a start. */
export function composed(): string {
  supergraph ??= compose();
  return supergraph;
}

function compose(): string {
  const services = subgraphNames.map((name) => ({ name, url: `http://${name}`, typeDefs: typeDefs[name] }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

export type TestGateway = Awaited<ReturnType<typeof startGateway>>;

/** A gateway on a free port over the test subgraphs, with two tenants: `a` answers 127.0.0.1 and localhost. */
export async function startGateway(
  options: {
    topology?: Topology;
    config?: Partial<GatewayConfig>;
    sdl?: string;
    reach?: Reach;
  } & Engines = {},
) {
  const port = await freePort();
  const provider = await createIdentityProvider({
    a: [`localhost:${port}`, `127.0.0.1:${port}`],
    b: ['b.example.com'],
  });
  const logs: string[] = [];
  const logger = createLogger({ name: 'test', level: 'debug' }, { write: (line) => void logs.push(line) });
  const fixture = createSubgraphs();
  const metrics = createMetrics();
  const keyValue = options.keyValue ?? memoryKeyValue();
  const pubSub = memoryPubSub();
  const mounted = options.topology?.startsWith('remote')
    ? await serveAll(fixture, { logger, metrics }, { door: options.topology === 'remote', ...options.reach })
    : mountAll(fixture, { logger, metrics });
  const config: GatewayConfig = {
    ...defaultGatewayConfig,
    port,
    publicUrl: `http://localhost:${port}`,
    bootTimeoutMs: 5_000,
    ...options.config,
  };
  const gateway = createGateway({
    supergraphSdl: options.sdl ?? composed(),
    subgraphs: mounted.connections,
    keyValue,
    pubSub,
    redis: options.redis,
    call: provider.call,
    logger,
    metrics,
    config,
  });
  const stop = async () => {
    await gateway.stop();
    await mounted.stop();
  };
  try {
    await gateway.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  return {
    ...fixture,
    provider,
    keyValue,
    pubSub,
    logs,
    port,
    url,
    socketUrl: `ws://127.0.0.1:${port}/graphql`,
    stop,
    gateway,
    /** Takes another supergraph; answers what is wrong with it, or null. */
    replace: (sdl: string) =>
      gateway.replaceSupergraph(sdl).then(
        () => null,
        (error: Error) => error,
      ),
    logger,
    metrics,
    served: mounted,
    post,
    /** Sends a document and reads the result. */
    async query(query: string, given: { token?: string; variables?: Record<string, unknown> } = {}) {
      const response = await post(
        { query, variables: given.variables },
        given.token ? { authorization: `Bearer ${given.token}` } : {},
      );
      return (await response.json()) as { data?: Record<string, never>; errors?: TestError[] };
    },
    /** Ends a session as auth would: after the change, tell the gateways. */
    async endSession({ userId, sessionId }: { userId: string; sessionId: string }) {
      const session = provider.sessions.get(sessionId);
      if (session) session.live = false;
      await revoke({ keyValue, pubSub }, { userId, sessionId, ended: true });
    },
    async setPermissions(
      { userId, sessionId }: { userId: string; sessionId: string },
      permissions: string[],
    ) {
      const session = provider.sessions.get(sessionId);
      if (session) session.permissions = permissions;
      await revoke({ keyValue, pubSub }, { userId, ended: false });
    },
  };
}

export type TestError = {
  message: string;
  path?: (string | number)[];
  extensions: Record<string, unknown> & { code: string };
};

type Mounted = {
  connections: Record<SubgraphName, SubgraphConnection>;
  stop(): Promise<void>;
  stopOne(name: SubgraphName): Promise<void>;
};

/** How the gateway reaches remote subgraphs: how long it waits, and what stands between. */
type Reach = { door?: boolean; timeoutMs?: number; via?(name: SubgraphName, url: string): Promise<string> };

type Told = { logger: Logger; metrics: Metrics };

function mountAll(fixture: Fixture, told: Told): Mounted {
  const entries = subgraphNames.map((name) => [name, inProcess(fixture.subgraphs[name], told)]);
  return { connections: Object.fromEntries(entries), stop: async () => {}, stopOne: async () => {} };
}

async function serveAll(fixture: Fixture, told: Told, reach: Reach = {}): Promise<Mounted> {
  const { logger } = told;
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  const passports = await createPassportIssuer('gateway', await exportJWK(privateKey));
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'gateway', alg: 'EdDSA' }] };
  const served = new Map<SubgraphName, { port: number; stop(): Promise<void> }>();
  for (const name of subgraphNames) {
    const verify = createPassportVerifier(name, keys);
    served.set(
      name,
      await serveSubgraph<Caller>({
        subgraph: fixture.subgraphs[name],
        port: 0,
        host: '127.0.0.1',
        logger,
        verify,
        isGateway: ({ service }) => service === 'gateway',
        clientOf: ({ client }) => client,
      }),
    );
  }
  const connect = async (name: SubgraphName): Promise<[SubgraphName, SubgraphConnection]> => {
    const url = `http://127.0.0.1:${served.get(name)?.port}/graphql`;
    const options = {
      name,
      passports,
      ...told,
      timeoutMs: reach.timeoutMs ?? 5_000,
      bootTimeoutMs: 5_000,
      ...(reach.door !== undefined && { door: reach.door }),
    };
    return [name, remote({ ...options, url: (await reach.via?.(name, url)) ?? url })];
  };
  const connections = Object.fromEntries(await Promise.all(subgraphNames.map(connect))) as Record<
    SubgraphName,
    SubgraphConnection
  >;
  return {
    connections,
    stopOne: async (name) => await served.get(name)?.stop(),
    async stop() {
      await Promise.all([...served.values()].map((one) => one.stop()));
    },
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
