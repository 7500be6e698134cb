import type { KeyValue, PubSub } from '@gatehouse/data';
import { generationKey } from '@gatehouse/identity';
import { silentLogger } from '@gatehouse/testkit';
import { expect, it, vi } from 'vitest';
import { revokeInTheEnd } from '../src/sessions/revoke-in-the-end.ts';

it('tells the gateways after all when the cache is back', async () => {
  let lost = true;
  const set = vi.fn(async () => {
    if (lost) throw new Error('lost');
  });
  const publish = vi.fn(async () => {});
  const ports = { keyValue: { set }, pubSub: { publish } } as unknown as {
    keyValue: KeyValue;
    pubSub: PubSub;
  };
  const revocation = { userId: 'u', sessionId: 's', ended: true };

  await expect(revokeInTheEnd({ ...ports, logger: silentLogger }, revocation)).rejects.toThrow('lost');
  await vi.waitFor(() => expect(set.mock.calls.length).toBeGreaterThan(2));
  expect(publish).not.toHaveBeenCalled();
  lost = false;
  await vi.waitFor(() => expect(publish).toHaveBeenCalledExactlyOnceWith('revocation', revocation), 3_000);
  expect(set).toHaveBeenLastCalledWith(generationKey('u'), expect.any(String), expect.anything());
});
