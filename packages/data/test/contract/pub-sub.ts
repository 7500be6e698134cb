import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PubSub } from '../../src/index.ts';

/** What every pub/sub implementation must do. `open` gives a new connection to the same exchange. */
export function pubSubContract(
  name: string,
  open: () => Promise<PubSub>,
  /** Cuts every connection of the implementation, as a failing network would. */
  cutConnections: () => Promise<void>,
): void {
  describe(`pub/sub: ${name}`, () => {
    let one: PubSub;
    let two: PubSub;
    beforeAll(async () => {
      [one, two] = await Promise.all([open(), open()]);
    });
    afterAll(() => Promise.all([one.close(), two.close()]));

    it('brings a message to all subscribers of the channel, in order, and to no others', async () => {
      const got: Record<string, unknown[]> = { own: [], other: [], elsewhere: [] };
      const stops = await Promise.all([
        one.subscribe('news', (message) => got.own?.push(message)),
        two.subscribe('news', (message) => got.other?.push(message)),
        two.subscribe('news:2', (message) => got.elsewhere?.push(message)),
      ]);
      const messages = Array.from({ length: 20 }, (_, n) => ({ n, text: `"\n'ü` }));
      for (const message of messages) await one.publish('news', message);
      await vi.waitFor(() => {
        expect(got.own).toEqual(messages);
        expect(got.other).toEqual(messages);
      }, 5_000);
      expect(got.elsewhere).toEqual([]);
      for (const stop of stops) await stop();
      await one.publish('news', { n: 99 });
      await one.publish('news:2', { n: 99 });
      await roundTrip(one, two);
      expect(got.other).toHaveLength(20);
      expect(got.elsewhere).toEqual([]);
    });

    it('keeps a listener that throws, and the others beside it', async () => {
      const got: object[] = [];
      const stopFailing = await two.subscribe('fragile', () => {
        throw new Error('listener');
      });
      const stop = await two.subscribe('fragile', (message) => got.push(message));
      await one.publish('fragile', { n: 1 });
      await one.publish('fragile', { n: 2 });
      await vi.waitFor(() => expect(got).toEqual([{ n: 1 }, { n: 2 }]), 5_000);
      await stopFailing();
      await stop();
    });

    it('subscribes one function twice, and ends each by itself', async () => {
      const listener = vi.fn();
      const first = await two.subscribe('twice', listener);
      const second = await two.subscribe('twice', listener);
      await first();
      await first();
      await one.publish('twice', {});
      await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(1), 5_000);
      await second();
    });

    it('refuses what is too large, and names that can’t be channels', async () => {
      const got: { text: string }[] = [];
      const stop = await two.subscribe<{ text: string }>('large', (message) => got.push(message));
      await one.publish('large', { text: 'x'.repeat(7_800) });
      await vi.waitFor(() => expect(got[0]?.text).toHaveLength(7_800), 5_000);
      await expect(one.publish('large', { text: 'é'.repeat(3_950) })).rejects.toThrow(/7900 is the limit/);
      for (const channel of ['', 'a b', 'a\nb', 'ü', 'x'.repeat(201)]) {
        await expect(one.publish(channel, {})).rejects.toThrow(RangeError);
        await expect(one.subscribe(channel, () => {})).rejects.toThrow(RangeError);
      }
      await stop();
    });

    it('tells when the connection is lost, comes back by itself, and delivers again', async () => {
      const states: boolean[] = [];
      const got: object[] = [];
      const stopTelling = two.onConnectionChange((connected) => states.push(connected));
      expect(states).toEqual([true]);
      const stop = await two.subscribe('after', (message) => got.push(message));
      await cutConnections();
      await vi.waitFor(() => expect(states).toEqual([true, false, true]), { timeout: 5_000 });
      await vi.waitFor(() => one.publish('after', { n: 1 }), 5_000);
      await vi.waitFor(() => expect(got).toContainEqual({ n: 1 }), 5_000);
      stopTelling();
      await stop();
    });

    it('closes twice without harm', async () => {
      const three = await open();
      await three.close();
      await three.close();
    });
  });
}

/** Resolves when what was published before has arrived. */
async function roundTrip(from: PubSub, to: PubSub): Promise<void> {
  const arrived = Promise.withResolvers<void>();
  const stop = await to.subscribe('round-trip', () => arrived.resolve());
  await from.publish('round-trip', {});
  await arrived.promise;
  await stop();
}
