import type { KeyValue, PubSub } from '@gatehouse/data';
import { generationKey, type Revocation } from '@gatehouse/identity';
import { silentLogger } from '@gatehouse/testkit';
import { expect, it, vi } from 'vitest';
import { revokeInTheEnd } from '../src/sessions/revoke-in-the-end.ts';

it('tells the gateways after all when the cache is back', async () => {
  let lost = true;
  const set = vi.fn(async () => {
    if (lost) throw new Error('lost');
  });
  const publish = vi.fn(async (_channel: string, _told: Revocation) => {});
  const ports = { keyValue: { set }, pubSub: { publish } } as unknown as {
    keyValue: KeyValue;
    pubSub: PubSub;
  };
  const revocation = { userId: 'u', sessionId: 's', ended: true };

  await expect(revokeInTheEnd({ ...ports, logger: silentLogger }, revocation)).rejects.toThrow('lost');
  await vi.waitFor(() => expect(set.mock.calls.length).toBeGreaterThan(2), 5_000);
  // Those who hear of it know that the store does not.
  expect(publish.mock.calls.every(([, told]) => told.isUnshared)).toBe(true);
  lost = false;
  await vi.waitFor(() => expect(publish).toHaveBeenLastCalledWith('revocation', revocation), 3_000);
  expect(set).toHaveBeenLastCalledWith(generationKey('u'), expect.any(String), expect.anything());
});
