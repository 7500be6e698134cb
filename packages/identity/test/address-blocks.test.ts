import type { PubSub } from '@gatehouse/data';
import { silentLogger } from '@gatehouse/testkit';
import { expect, it } from 'vitest';
import {
  type AddressBlock,
  type AddressBlockChange,
  addressBlockPage,
  followAddressBlocks,
} from '../src/index.ts';

const block = (id: string, range: string, values: Partial<AddressBlock> = {}): AddressBlock => ({
  id,
  range,
  tenantId: 'tenant',
  expiresAt: null,
  ...values,
});

/** Pub/sub in the hands of a test. */
function createBus() {
  let told: (change: AddressBlockChange) => void = () => {};
  let connection: (connected: boolean) => void = () => {};
  const pubSub = {
    async subscribe(_channel: string, listener: typeof told) {
      told = listener;
      return async () => {};
    },
    onConnectionChange(listener: typeof connection) {
      connection = listener;
      listener(true);
      return () => {};
    },
  } as unknown as PubSub;
  return {
    pubSub,
    tell: (change: AddressBlockChange) => told(change),
    connected: (is: boolean) => connection(is),
  };
}

async function follow(load: (after?: string) => Promise<AddressBlock[]>, neverBlocked: string[] = []) {
  const bus = createBus();
  const blocks = followAddressBlocks({ ...bus, logger: silentLogger, load, neverBlocked });
  await blocks.start();
  return { ...bus, blocks, idsAt: (address: string) => blocks.find(address).map(({ id }) => id) };
}

it('reads every page, follows changes, and knows whose a block is', async () => {
  const stored = Array.from({ length: addressBlockPage + 5 }, (_, n) =>
    block(`id-${String(n).padStart(5, '0')}`, `10.${n >> 8}.${n & 255}.0/24`),
  );
  const { blocks, tell, idsAt } = await follow(async (after) =>
    stored.filter(({ id }) => id > (after ?? '')).slice(0, addressBlockPage),
  );
  expect(idsAt('10.3.236.9')).toEqual(['id-01004']);
  tell({ block: block('everywhere', '10.3.236.9/32', { tenantId: null }) });
  expect(idsAt('10.3.236.9').sort()).toEqual(['everywhere', 'id-01004']);
  expect(() => blocks.refuse('another', '10.3.236.9')).toThrow('not answered');
  tell({ lifted: 'everywhere' });
  expect(() => blocks.refuse('another', '10.3.236.9')).not.toThrow();
  expect(() => blocks.refuse('tenant', '10.3.236.9')).toThrow('not answered');
  await blocks.stop();
});

it('does not lose a change that comes while all are read, nor one that came while nobody listened', async () => {
  let stored: AddressBlock[] = [];
  let during = () => {};
  const { blocks, tell, connected, idsAt } = await follow(async () => {
    const read = [...stored];
    during();
    return read;
  });
  during = () => tell({ block: block('late', '192.0.2.1/32') });
  await blocks.refresh();
  expect(idsAt('192.0.2.1')).toEqual(['late']);
  during = () => {};
  stored = [block('missed', '192.0.2.2/32')];
  connected(false);
  connected(true);
  await blocks.refresh();
  expect([idsAt('192.0.2.1'), idsAt('192.0.2.2')]).toEqual([[], ['missed']]);
  await blocks.stop();
});

it('lets a block end by time, and none hold for what is never blocked', async () => {
  const { blocks, tell, idsAt } = await follow(async () => [], ['192.0.2.7', '2001:db8:1::/48']);
  tell({ block: block('short', '192.0.2.0/24', { expiresAt: Date.now() + 30 }) });
  tell({ block: block('six', '2001:db8::/32') });
  expect(idsAt('192.0.2.8')).toEqual(['short']);
  expect(idsAt('192.0.2.7')).toEqual([]);
  expect(idsAt('2001:db8:1::5')).toEqual([]);
  expect(idsAt('2001:db8:2::5')).toEqual(['six']);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(idsAt('192.0.2.8')).toEqual([]);
  await blocks.stop();
});
