import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventBus, EventOf } from '../../src/index.ts';
import { numberOf, roleEvent } from './events.ts';

type RolesChanged = EventOf<'user.roles_changed'>;
/** Another connection to the same bus, with quick retries (tens of milliseconds) and short leases (1 s). */
export type BusFactory = () => Promise<EventBus>;

const types = ['user.roles_changed'] as const;
const subjects = Array.from({ length: 10 }, () => randomUUID());

/** What every event bus must do. `crash` runs a consumer process that dies while it handles an event of the group. */
export function eventBusContract(
  name: string,
  open: BusFactory,
  crash: (group: string) => Promise<void>,
  /** Whether a consumer that joins or leaves may have events come again that were handled. */
  { mayRepeat = false } = {},
): void {
  describe(`event bus: ${name}`, () => {
    let bus: EventBus;
    let other: EventBus;
    beforeAll(async () => {
      [bus, other] = await Promise.all([open(), open()]);
    });
    afterAll(() => Promise.all([bus.close(), other.close()]));

    const settled = (assertion: () => void | Promise<void>) =>
      vi.waitFor(assertion, { timeout: 15_000, interval: 20 });

    it('brings each event to every group that wants its type, and to no other', async () => {
      const got: Record<string, string[]> = { first: [], second: [], elsewhere: [] };
      const handler = (group: string) => async (event: { id: string }) => void got[group]?.push(event.id);
      const subscriptions = [
        await bus.subscribe({ group: 'first', types, handler: handler('first') }),
        await other.subscribe({
          group: 'second',
          types: ['user.deleted', ...types],
          handler: handler('second'),
        }),
        await other.subscribe({ group: 'elsewhere', types: ['user.deleted'], handler: handler('elsewhere') }),
      ];
      const events = subjects.map((subject, n) => roleEvent(subject, n, { traceparent: `00-${n}` }));
      await bus.publish(events);
      const ids = events.map((event) => event.id).toSorted();
      await settled(() => {
        expect(got.first?.toSorted()).toEqual(ids);
        expect(got.second?.toSorted()).toEqual(ids);
      });
      expect(got.elsewhere).toEqual([]);
      for (const subscription of subscriptions) await subscription.stop();
    });

    it('hands over the envelope and the data, without what the catalogue does not know', async () => {
      const got: RolesChanged[] = [];
      const subscription = await bus.subscribe({
        group: 'shape',
        types,
        handler: async (event) => void got.push(event),
      });
      const sent = roleEvent(subjects[0] as string, 1, { traceparent: '00-abc-def-01' });
      await bus.publish([{ ...sent, data: { ...(sent.data as object), later: 'field' } }]);
      await settled(() => expect(got).toEqual([sent]));
      await subscription.stop();
    });

    it('leaves out an event that it knows already', async () => {
      const handler = vi.fn(async () => {});
      const subscription = await bus.subscribe({ group: 'known', types, handler });
      const event = roleEvent(subjects[0] as string, 1);
      await Promise.all([bus.publish([event, event]), other.publish([event])]);
      await bus.publish([event]);
      const last = roleEvent(subjects[0] as string, 2);
      await bus.publish([last]);
      await settled(() =>
        expect(handler).toHaveBeenLastCalledWith(expect.objectContaining({ id: last.id }), expect.anything()),
      );
      expect(handler).toHaveBeenCalledTimes(2);
      await subscription.stop();
    });

    it('keeps events for a group that is down', async () => {
      await (await bus.subscribe({ group: 'sleepy', types, handler: async () => {} })).stop();
      const event = roleEvent(subjects[0] as string, 1);
      await bus.publish([event]);
      const got: string[] = [];
      const subscription = await other.subscribe({
        group: 'sleepy',
        types,
        handler: async ({ id }) => void got.push(id),
      });
      await settled(() => expect(got).toEqual([event.id]));
      await subscription.stop();
    });

    it('keeps the order of each subject, over two consumers, delays and failures', async () => {
      const order = new Map<string, number[]>(subjects.map((subject) => [subject, []]));
      const busy = new Set<string>();
      const failed = new Set<string>();
      const handler = async (event: RolesChanged) => {
        expect(busy.has(event.subject)).toBe(false);
        busy.add(event.subject);
        await delay(Math.random() * 8);
        busy.delete(event.subject);
        if (Math.random() < 0.2 && !failed.has(event.id)) {
          failed.add(event.id);
          throw new Error('not this time');
        }
        const numbers = order.get(event.subject);
        if (!mayRepeat || !numbers?.includes(numberOf(event))) numbers?.push(numberOf(event));
      };
      const subscriptions = await Promise.all(
        [bus, other].map((one) => one.subscribe({ group: 'ordered', types, handler, concurrency: 4 })),
      );
      for (let n = 0; n < 20; n += 5) {
        await bus.publish(
          subjects.flatMap((subject) => [n, n + 1, n + 2, n + 3, n + 4].map((m) => roleEvent(subject, m))),
        );
      }
      const expected = Array.from({ length: 20 }, (_, n) => n);
      await settled(() => {
        for (const numbers of order.values()) expect(numbers).toEqual(expected);
      });
      expect(failed.size).toBeGreaterThan(5);
      for (const subscription of subscriptions) await subscription.stop();
    });

    it('holds back only the subject of a failing event, then buries it with the reason; replay delivers it', async () => {
      const [bad, good] = subjects as [string, string];
      const got: string[] = [];
      let broken = true;
      const handler = async (event: RolesChanged) => {
        if (broken && event.subject === bad && numberOf(event) === 0) throw new TypeError('no such thing');
        got.push(`${event.subject === bad ? 'bad' : 'good'} ${numberOf(event)}`);
      };
      const subscription = await bus.subscribe({ group: 'buried', types, handler, maxAttempts: 4 });
      const first = roleEvent(bad, 0);
      await bus.publish([first, roleEvent(bad, 1), roleEvent(good, 0), roleEvent(good, 1)]);
      await settled(() => expect(got).toEqual(['good 0', 'good 1', 'bad 1']));

      const [letter, ...more] = await bus.deadLetters.list({ group: 'buried' });
      expect(more).toEqual([]);
      expect(letter).toMatchObject({
        group: 'buried',
        reason: 'TypeError: no such thing',
        attempts: 4,
        event: first,
      });
      expect(letter?.diedAt).toBeInstanceOf(Date);
      expect(await bus.deadLetters.count('buried')).toBe(1);

      broken = false;
      expect(await other.deadLetters.replay([letter?.id as string])).toBe(1);
      await settled(() => expect(got.at(-1)).toBe('bad 0'));
      await settled(async () => expect(await bus.deadLetters.count('buried')).toBe(0));
      expect(await bus.deadLetters.replay('all')).toBe(0);
      await subscription.stop();
    });

    it('buries at once what does not fit its schema, and goes on behind it', async () => {
      const subject = randomUUID();
      const got: number[] = [];
      const handler = async (event: RolesChanged) => void got.push(numberOf(event));
      const subscription = await bus.subscribe({ group: 'strict', types, handler });
      await bus.publish([
        roleEvent(subject, 1),
        roleEvent(subject, 2, { data: { userId: 'secret-value', added: 'none' } }),
        roleEvent(subject, 3, { data: null }),
        roleEvent(subject, 4, { time: 'yesterday' }),
        roleEvent(subject, 5),
      ]);
      await settled(() => expect(got).toEqual([1, 5]));
      const letters = await bus.deadLetters.list({ group: 'strict' });
      expect(letters.map((letter) => letter.attempts)).toEqual([1, 1, 1]);
      expect(letters[0]?.reason).toMatch(/^data: userId .*added/);
      expect(letters[0]?.reason).not.toContain('secret-value');
      expect(letters[2]?.reason).toMatch(/^envelope: time/);
      const [, second] = await bus.deadLetters.list({ group: 'strict', limit: 2 });
      expect(await bus.deadLetters.list({ group: 'strict', after: second?.id as string })).toEqual([
        letters[2],
      ]);
      await subscription.stop();
    });

    it('delivers again what a killed consumer had in hand', { timeout: 30_000 }, async () => {
      const subject = randomUUID();
      await (await bus.subscribe({ group: 'killed', types, handler: async () => {} })).stop();
      await bus.publish([roleEvent(subject, 1), roleEvent(subject, 2)]);
      await crash('killed');
      const got: number[] = [];
      const subscription = await bus.subscribe({
        group: 'killed',
        types,
        handler: async (event) => void got.push(numberOf(event)),
      });
      await settled(() => expect(got).toEqual([1, 2]));
      await subscription.stop();
    });

    it('keeps a long handler’s event from being delivered twice', async () => {
      const handler = vi.fn(async () => delay(2_500));
      const subscriptions = await Promise.all(
        [bus, other].map((one) => one.subscribe({ group: 'slow', types, handler })),
      );
      await bus.publish([roleEvent(randomUUID(), 1)]);
      await delay(2_300);
      expect(handler).toHaveBeenCalledTimes(1);
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      expect(handler).toHaveBeenCalledTimes(1);
    });

    it('runs no more handlers at once than it may', async () => {
      let now = 0;
      let most = 0;
      let done = 0;
      const handler = async () => {
        most = Math.max(most, ++now);
        await delay(10);
        now--;
        done++;
      };
      const subscription = await bus.subscribe({ group: 'bounded', types, handler, concurrency: 3 });
      await bus.publish(Array.from({ length: 30 }, (_, n) => roleEvent(randomUUID(), n)));
      await settled(() => expect(done).toBe(30));
      expect(most).toBe(3);
      await subscription.stop();
    });

    it('gives an event back at a stop that its handler does not finish', { timeout: 15_000 }, async () => {
      const subject = randomUUID();
      const aborted = vi.fn();
      const stuck = await bus.subscribe({
        group: 'stuck',
        types,
        handler: (_event, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted();
              reject(signal.reason);
            });
          }),
      });
      await bus.publish([roleEvent(subject, 1)]);
      await delay(200);
      await stuck.stop();
      expect(aborted).toHaveBeenCalledTimes(1);
      const handler = vi.fn(async () => {});
      const next = await other.subscribe({ group: 'stuck', types, handler });
      await settled(() => expect(handler).toHaveBeenCalledTimes(1));
      await next.stop();
    });

    it('takes 50 events a second without falling behind', async () => {
      let handled = 0;
      const subscription = await other.subscribe({
        group: 'steady',
        types,
        handler: async () => void handled++,
      });
      for (let n = 0; n < 50; n++) {
        await bus.publish([roleEvent(subjects[n % 10] as string, n)]);
        await delay(20);
      }
      await settled(() => expect(handled).toBe(50));
      await subscription.stop();
    });

    it('refuses a second subscription of one group in one process', async () => {
      const options = { group: 'single', types, handler: async () => {} };
      const subscription = await bus.subscribe(options);
      await expect(bus.subscribe(options)).rejects.toThrow(/subscribed already/);
      await subscription.stop();
      await (await bus.subscribe(options)).stop();
    });
  });
}
