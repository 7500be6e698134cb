import { createGateway, defaultGatewayConfig, inProcess, remote } from '@gatehouse/gateway';
import type { Caller, PassportIssuer } from '@gatehouse/identity';
import { createPassportIssuer } from '@gatehouse/identity';
import { createLogger, createMetrics } from '@gatehouse/service-kit';
import type { Subgraph } from '@gatehouse/service-kit/subgraph';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { createIdentityProvider } from '../../../gateway/test/harness/issuer.ts';
import { memoryKeyValue, memoryPubSub } from '../../../gateway/test/harness/ports.ts';
import { connections, isRemote, ready, subgraphUrl } from '../contestant.ts';
import { enforcedBy, type Name, names, subgraphSchema, supergraphSdl } from '../graph.ts';
import { isLive, publishOnMessage } from '../live.ts';

/** Our gateway as it runs in production: limits, real tokens, masking. */
const port = Number(process.env.BENCH_PORT);
const logger = createLogger({ name: 'bench', level: 'error' });
const provider = await createIdentityProvider({ a: [`127.0.0.1:${port}`], b: ['b.example.com'] });
const passports: PassportIssuer = await createPassportIssuer('gateway', await passportKey());

const mounted = (name: Name): Subgraph<Caller> => ({
  name,
  schema: subgraphSchema(name),
  enforced: enforcedBy(name),
  context: (caller) => ({ caller }),
  routes: [],
  ready: async () => {},
  start: async () => {},
  stop: async () => {},
});

const connectionOf = (name: Name) =>
  isRemote
    ? remote({ name, url: subgraphUrl(name), passports, logger, timeoutMs: 5_000, bootTimeoutMs: 5_000 })
    : inProcess(mounted(name), { logger });

/** Everything is counted, and nothing refused. */
const quota = 1_000_000_000_000;

const gateway = createGateway({
  supergraphSdl: supergraphSdl(subgraphUrl),
  subgraphs: Object.fromEntries(names.map((name) => [name, connectionOf(name)])) as never,
  keyValue: memoryKeyValue(),
  pubSub: memoryPubSub(),
  call: provider.call,
  logger,
  metrics: createMetrics(),
  config: {
    ...defaultGatewayConfig,
    port,
    publicUrl: `http://127.0.0.1:${port}`,
    costLimit: quota,
    rates: { ...defaultGatewayConfig.rates, anonymous: quota, address: quota, user: quota, cost: quota },
  },
});
await gateway.start();
const people = await Promise.all(
  Array.from({ length: connections }, () => provider.signIn(['users:read'], { expiresIn: 3_600 })),
);
if (isLive) publishOnMessage();
ready({ port, tokens: people.map(({ token }) => token) });

/** The key that the subgraphs of a fleet know; else any. */
async function passportKey(): Promise<JWK> {
  if (process.env.BENCH_PASSPORT_KEY) return JSON.parse(process.env.BENCH_PASSPORT_KEY);
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  return await exportJWK(privateKey);
}
