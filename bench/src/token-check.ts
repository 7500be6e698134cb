import { createLogger } from '@gatehouse/service-kit';
import { createTenants, createTokens } from '../../gateway/src/tokens/index.ts';
import { createIdentityProvider } from '../../gateway/test/harness/issuer.ts';
import { memoryKeyValue, memoryPubSub } from '../../gateway/test/harness/ports.ts';

/** Processor time of one token check, in microseconds. */
export type TokenCheck = { cached: number; firstTime: number };

const host = '127.0.0.1:4000';
const client = { host, ipAddress: '127.0.0.1', userAgent: null };
const distinct = 2_000;
const repeats = 40_000;

/** What the gateway spends on whom a request comes from: known already, and seen for the first time. */
export async function measureTokenCheck(): Promise<TokenCheck> {
  const provider = await createIdentityProvider({ a: [host], b: ['b.example.com'] });
  const tokens = createTokens({
    keyValue: memoryKeyValue(),
    pubSub: memoryPubSub(),
    call: provider.call,
    tenants: createTenants(provider.call),
    logger: createLogger({ name: 'bench', level: 'error' }),
    protocol: 'http',
  });
  await tokens.start();
  const signedIn = async () => `Bearer ${(await provider.signIn(['users:read'])).token}`;
  const all: string[] = [];
  while (all.length < distinct) all.push(await signedIn());
  const half = all.slice(0, distinct / 2);
  for (const token of half) await tokens.authenticate([token], client, null);
  const firstTime = await microsecondsEach(all.slice(distinct / 2), (token) =>
    tokens.authenticate([token], client, null),
  );
  const known = Array.from({ length: repeats }, (_, n) => all[n % distinct] as string);
  await microsecondsEach(known, (token) => tokens.authenticate([token], client, null));
  const cached = await microsecondsEach(known, (token) => tokens.authenticate([token], client, null));
  await tokens.stop();
  return { cached, firstTime };
}

async function microsecondsEach(items: string[], run: (item: string) => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (const item of items) await run(item);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / items.length;
}
