import type { Caller } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anonymous, as, password, startAuth, type TestAuth, until } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ blockFailures: 6, blockAccounts: 3, lockoutAttempts: 100 });
});
afterAll(() => auth.stop());

const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
const attempt = (identifier: string, ipAddress: string, text = 'wrong password') =>
  auth.refusal(anonymous(undefined, ipAddress), login, { input: { identifier, password: text } });

const permissions = ['blocked-addresses:read', 'blocked-addresses:write'];
const everywhere = [...permissions, 'tenants:write'];
async function administrator(name: string, values: Parameters<TestAuth['account']>[1] = {}): Promise<Caller> {
  const { tenantId } = await auth.account(name, { permissions, ...values });
  const host = tenantId === auth.otherTenant.id ? auth.otherTenant.primaryHost : undefined;
  const caller = as(await auth.principal((await auth.login(name, anonymous(host))).accessToken));
  return host ? { ...caller, client: { ...caller.client, host } } : caller;
}

const fields = 'id range reason automatic everywhere expiresAt createdBy { id }';
const block = (caller: Caller, input: object) =>
  auth.ask(
    caller,
    `mutation ($input: BlockAddressInput!) { blockAddress(input: $input) { blockedAddress { ${fields} } } }`,
    { input },
  );
const blockRefusal = async (caller: Caller, input: object) =>
  (await block(caller, input)).errors?.[0]?.extensions.code ?? null;
const unblock = (caller: Caller, blockedAddressId: string) =>
  auth.refusal(
    caller,
    'mutation ($input: UnblockAddressInput!) { unblockAddress(input: $input) { blockedAddressId } }',
    { input: { blockedAddressId } },
  );
const listed = async (caller: Caller, args = '') =>
  (await auth.ask(caller, `{ blockedAddresses${args} { nodes { ${fields} } } }`)).data.blockedAddresses.nodes;

it('blocks by hand, and lifts it', async () => {
  await auth.account('ada');
  const root = await administrator('root');
  const { data } = await block(root, { address: '198.51.100.77/24', reason: 'scanning' });
  const { id, ...blocked } = data.blockAddress.blockedAddress;
  expect(blocked).toMatchObject({
    range: '198.51.100.0/24',
    reason: 'scanning',
    automatic: false,
    everywhere: false,
    expiresAt: null,
  });
  await until(async () => (await attempt('ada', '198.51.100.9', password)) === 'ADDRESS_BLOCKED');
  expect(await attempt('ada', '198.51.101.9', password)).toBeNull();
  // The same range again is the same block.
  const later = new Date(Date.now() + 60_000).toISOString();
  const again = await block(root, { address: '198.51.100.0/24', expiresAt: new Date(later) });
  expect(again.data.blockAddress.blockedAddress).toMatchObject({ id, reason: null, expiresAt: later });
  expect(await listed(root)).toHaveLength(1);
  expect(await unblock(root, id)).toBeNull();
  await until(async () => (await attempt('ada', '198.51.100.9', password)) === null);
  expect(await unblock(root, id)).toBe('NOT_FOUND');
  expect(await listed(root)).toEqual([]);
  expect(await auth.securityEvents()).toEqual(
    expect.arrayContaining(['ADDRESS_BLOCKED', 'ADDRESS_UNBLOCKED']),
  );
});

it('refuses what is no range, too wide, over already, or the caller’s own', async () => {
  const root = await administrator('careful');
  for (const address of ['', 'example.com', '10.0.0.0/7', '2001::/15', '0.0.0.0/0', '1.2.3.4/33']) {
    expect(await blockRefusal(root, { address })).toBe('BAD_USER_INPUT');
  }
  expect(await blockRefusal(root, { address: '203.0.113.1', expiresAt: new Date(Date.now() - 1) })).toBe(
    'BAD_USER_INPUT',
  );
  expect(await blockRefusal(root, { address: '192.0.2.0/24' })).toBe('CONFLICT');
  expect(await listed(root)).toEqual([]);
  const forced = await block(root, { address: '192.0.2.0/24', force: true });
  expect(forced.errors).toBeUndefined();
  expect(await unblock(root, forced.data.blockAddress.blockedAddress.id)).toBeNull();
});

it('is one tenant’s own, but for super-administrators of the installation', async () => {
  const foreign = await administrator('foreign', { tenantId: auth.otherTenant.id, permissions: everywhere });
  const root = await administrator('everywhere', { permissions: everywhere });
  const admin = await administrator('admin');
  await auth.account('olga', { tenantId: auth.otherTenant.id });
  const own = (await block(admin, { address: '203.0.113.5' })).data.blockAddress.blockedAddress;
  expect(await listed(foreign)).toEqual([]);
  expect(await unblock(foreign, own.id)).toBe('NOT_FOUND');
  const atOther = () =>
    auth.refusal(anonymous(auth.otherTenant.primaryHost, '203.0.113.5'), login, {
      input: { identifier: 'olga', password },
    });
  await until(async () => (await attempt('ada', '203.0.113.5', password)) === 'ADDRESS_BLOCKED');
  expect(await atOther()).toBeNull();
  for (const caller of [foreign, admin]) {
    expect(await blockRefusal(caller, { address: '203.0.113.5', everywhere: true })).toBe('FORBIDDEN');
  }
  const all = (await block(root, { address: '203.0.113.5', everywhere: true })).data.blockAddress
    .blockedAddress;
  expect(all.everywhere).toBe(true);
  await until(async () => (await atOther()) === 'ADDRESS_BLOCKED');
  expect((await listed(root)).map((row: { everywhere: boolean }) => row.everywhere)).toEqual([true, false]);
  expect(await listed(admin)).toHaveLength(1);
  expect(await unblock(admin, all.id)).toBe('NOT_FOUND');
  expect(await unblock(root, all.id)).toBeNull();
  expect(await unblock(root, own.id)).toBeNull();
});

it('blocks a network from which many sign-ins failed over many accounts, each time for longer', async () => {
  const root = await administrator('watcher');
  const spray = async (address: (n: number) => string) => {
    for (let n = 0; n < 6; n++)
      expect(await attempt(`victim-${n % 3}`, address(n))).toBe('INVALID_CREDENTIALS');
  };
  const blocks = () => listed(root, '(automatic: true)');
  const seconds = ({ expiresAt }: { expiresAt: string }) =>
    Math.round((Date.parse(expiresAt) - Date.now()) / 100_000) * 100;

  // Any addresses of one /64.
  await spray((n) => `2001:db8:5:5::${n}`);
  const [first] = await blocks();
  expect(first).toMatchObject({ range: '2001:db8:5:5::/64', automatic: true, createdBy: null });
  expect(seconds(first)).toBe(900);
  await until(async () => (await attempt('ada', '2001:db8:5:5:9::1', password)) === 'ADDRESS_BLOCKED');
  expect(await unblock(root, first.id)).toBeNull();
  await until(async () => (await attempt('ada', '2001:db8:5:5:9::1', password)) === null);
  await spray((n) => `2001:db8:5:5::${n}`);
  const [second] = await blocks();
  expect(seconds(second)).toBe(1_800);
  expect(await unblock(root, second.id)).toBeNull();
});

it('does not block a network for one account’s failures, nor one that is never blocked', async () => {
  const root = await administrator('fair');
  for (let n = 0; n < 8; n++) await attempt('forgetful', '198.51.100.20');
  for (let n = 0; n < 8; n++) await attempt(`anybody-${n}`, '127.0.0.1');
  expect(await listed(root)).toEqual([]);
});

it('blocks a site that rotates through its networks', async () => {
  const root = await administrator('rotated');
  for (let n = 0; n < 24; n++) await attempt(`victim-${n % 4}`, `2001:db8:6:${n.toString(16)}::1`);
  expect((await listed(root)).map(({ range }: { range: string }) => range)).toEqual(['2001:db8:6::/48']);
});

it('blocks once, however many failures come at once', async () => {
  const root = await administrator('crowd');
  await Promise.all(Array.from({ length: 40 }, (_, n) => attempt(`crowd-${n % 5}`, '198.51.100.30')));
  const own = (await listed(root)).filter(({ range }: { range: string }) => range === '198.51.100.30/32');
  expect(own).toHaveLength(1);
  // What was under way does not make it longer.
  expect(Date.parse(own[0].expiresAt) - Date.now()).toBeLessThan(900_000);
});
