import type { GatehouseClient } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, eventually, otherTenant, registerAndConfirm, testOf } from '../gatehouse.ts';
import { openStream } from '../open-stream.ts';

const fields = 'id range reason automatic everywhere createdBy { email }';
const block = `mutation ($input: BlockAddressInput!) { blockAddress(input: $input) { blockedAddress { ${fields} } } }`;
const unblock =
  'mutation ($input: UnblockAddressInput!) { unblockAddress(input: $input) { blockedAddressId } }';
type Blocked = { blockAddress: { blockedAddress: { id: string; range: string } } };

const refused = (client: GatehouseClient, code: string | null) =>
  eventually(async () => expect(await client.refusal('{ __typename }')).toBe(code));

testOf('blockedAddresses')('an administrator shuts an address out, and lets it in again', async () => {
  const admin = await administrator();
  const ada = await registerAndConfirm();
  const there = ada.client.at('127.9.1.7');
  expect(await there.refusal('{ me { id } }')).toBeNull();
  const streams = await Promise.all(
    (['websocket', 'sse'] as const).map((over) => openStream(ada, there, over)),
  );

  const { blockAddress } = await admin.client.ask<Blocked>(block, {
    input: { address: '127.9.1.0/24', reason: 'scanning' },
  });
  const { id, ...blocked } = blockAddress.blockedAddress;
  expect(blocked).toEqual({
    range: '127.9.1.0/24',
    reason: 'scanning',
    automatic: false,
    everywhere: false,
    createdBy: { email: admin.email },
  });
  await refused(there, 'ADDRESS_BLOCKED');
  for (const stream of streams) expect(await stream.ended()).toMatch(/ADDRESS_BLOCKED|4403/);
  expect(await ada.client.refusal('{ me { id } }')).toBeNull();
  expect(await otherTenant.anyone.at('127.9.1.7').refusal('{ __typename }')).toBeNull();

  const { blockedAddresses } = await admin.client.ask<{ blockedAddresses: { nodes: { id: string }[] } }>(
    '{ blockedAddresses(first: 50) { nodes { id } } }',
  );
  expect(blockedAddresses.nodes.map((node) => node.id)).toContain(id);
  await admin.client.ask(unblock, { input: { blockedAddressId: id } });
  await refused(there, null);

  const { auditLog } = await admin.client.ask<{ auditLog: { nodes: { action: string; actor: unknown }[] } }>(
    `query ($id: ID) { auditLog(first: 5, filter: { subject: $id }) { nodes { action actor { email } } } }`,
    { id },
  );
  expect(auditLog.nodes.map(({ action }) => action)).toEqual(['unblockAddress', 'blockAddress']);
});

testOf('blockedAddresses')('a super-administrator of the installation shuts one out everywhere', async () => {
  const admin = await administrator();
  const foreign = await otherTenant.administrator();
  const input = {
    address: '127.9.2.1',
    everywhere: true,
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  };
  expect(await foreign.client.refusal(block, { input })).toBe('FORBIDDEN');
  const { blockAddress } = await admin.client.ask<Blocked>(block, { input });
  await refused(anyone.at('127.9.2.1'), 'ADDRESS_BLOCKED');
  await refused(otherTenant.anyone.at('127.9.2.1'), 'ADDRESS_BLOCKED');
  const blockedAddressId = blockAddress.blockedAddress.id;
  expect(await foreign.client.refusal(unblock, { input: { blockedAddressId } })).toBe('NOT_FOUND');
  await admin.client.ask(unblock, { input: { blockedAddressId } });
  await refused(otherTenant.anyone.at('127.9.2.1'), null);
});

test('nobody shuts themselves out by mistake', async () => {
  const admin = await administrator();
  expect(await admin.client.refusal(block, { input: { address: '127.0.0.0/8' } })).toBe('CONFLICT');
  expect(await admin.client.refusal(block, { input: { address: '126.0.0.0/7' } })).toBe('BAD_USER_INPUT');
});
