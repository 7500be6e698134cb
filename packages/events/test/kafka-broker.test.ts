import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineUrl } from '@gatehouse/testkit';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { sql } from 'drizzle-orm';
import { pgSchema } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startKafka } from '../../../scripts/engines/kafka.ts';
import { handleOnce, processedEventTable } from '../src/index.ts';
import type { KafkaSettings } from '../src/kafka/index.ts';
import { numberOf, roleEvent } from './contract/events.ts';
import { openPlace, type Place } from './harness.ts';

const broker = engineUrl('kafka') ?? '';
const client = { clientId: 'test', bootstrapBrokers: [broker] };
const newSettings = (): KafkaSettings => ({
  brokers: [broker],
  prefix: `test-${randomUUID()}`,
  partitions: 3,
});
const settled = (assertion: () => void | Promise<void>) =>
  vi.waitFor(assertion, { timeout: 15_000, interval: 50 });

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());

async function send(
  messages: { topic: string; key?: string; value: string; headers?: Record<string, string> }[],
) {
  const producer = new Producer(client);
  await producer.send({
    messages: messages.map(({ topic, key, value, headers = {} }) => ({
      topic,
      key: Buffer.from(key ?? 'key'),
      value: Buffer.from(value),
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    })),
    acks: -1,
  });
  await producer.close();
}

const payment = (change: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/payments',
  type: 'payment.received',
  subject: randomUUID(),
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  tenantid: randomUUID(),
  data: { userId: randomUUID(), paymentId: 'p', amount: '1.00', currency: 'EUR' },
  ...change,
});

describe.skipIf(!broker)('what other systems publish', () => {
  it('is believed for what is theirs, in both modes of CloudEvents; all else is left or buried', async () => {
    const settings = newSettings();
    const topic = `${settings.prefix}.incoming.v1`;
    const bus = await place.openKafka(settings);
    await bus.ready();
    const got: string[] = [];
    await bus.subscribe({
      group: 'payments',
      types: ['payment.received', 'user.roles_changed'],
      handler: async (event) => void got.push(event.id),
    });
    const [one, two] = [payment(), payment()];
    const { data, ...attributes } = two;
    const forged = roleEvent(randomUUID(), 1);
    await send([
      { topic, value: 'no JSON \0' },
      { topic, value: JSON.stringify(payment({ type: 'payment.refunded' })) },
      { topic, value: JSON.stringify(payment({ data: { amount: 1 } })) },
      { topic, value: JSON.stringify(payment({ source: 'a\0b\ud800' })) },
      { topic, value: JSON.stringify(forged) },
      { topic, value: JSON.stringify(one) },
      { topic, value: JSON.stringify(payment({ id: '1', data: null })) },
      {
        topic,
        value: JSON.stringify(data),
        headers: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]),
        ),
      },
    ]);
    // Those of different people are handled beside each other: there is no order between them.
    await settled(() => expect(got.toSorted()).toEqual([one.id, two.id].toSorted()));
    await settled(async () => expect(await bus.deadLetters.count('payments')).toBe(4));
    const letters = await bus.deadLetters.list({ group: 'payments' });
    expect(letters.map(({ reason }) => reason).toSorted()).toEqual([
      expect.stringMatching(/^data: \(root\)/),
      expect.stringMatching(/^data: userId/),
      'envelope: text',
      'envelope: text',
    ]);
    await bus.close();

    const consumer = new Consumer({ ...client, groupId: `${settings.prefix}.watch` });
    const stream = await consumer.consume({ topics: [`${topic}.dlq`], mode: 'earliest', autocommit: false });
    const reasons: string[] = [];
    for await (const message of stream) {
      const header = [...message.headers].find(([name]) => String(name) === 'gatehouse-reason');
      if (reasons.push(String(header?.[1])) === letters.length) break;
    }
    expect(reasons.toSorted()).toEqual(letters.map(({ reason }) => reason).toSorted());
    await consumer.close(true);
  });
});

describe.skipIf(!broker)('topics', () => {
  const make = async (topics: string[], policy: string) => {
    const admin = new Admin(client);
    await admin.createTopics({
      topics,
      partitions: 1,
      replicas: 1,
      configs: [{ name: 'cleanup.policy', value: policy }],
    });
    await admin.close();
  };

  it('that would drop events are refused, and so are names that lead nowhere', async () => {
    const settings = newSettings();
    await make([`${settings.prefix}.user.v1`], 'compact');
    const compacting = await place.openKafka(settings);
    await expect(compacting.ready()).rejects.toThrow(/user\.v1 has cleanup\.policy=compact/);
    await compacting.close();
    const lost = await place.openKafka({ ...newSettings(), consumedTopics: ['nowhere.v1'] });
    await expect(lost.ready()).rejects.toThrow('Kafka has no topic nowhere.v1');
    await lost.close();
  });
});

describe.skipIf(!broker)('consumers that come and go', () => {
  it('apply each event once and in order', async () => {
    const schema = pgSchema('platform');
    const processedEvent = processedEventTable(schema);
    await place.database.pool.query(`create table platform.processed_event (group_name text, event_id text,
      processed_at timestamptz(3) not null default now(), primary key (group_name, event_id))`);
    await place.database.pool.query('create table platform.effect (at bigserial, subject text, n int)');
    const settings = newSettings();
    const buses = await Promise.all([1, 2, 3].map(() => place.openKafka(settings)));
    await buses[0]?.ready();
    const subscribe = (bus: (typeof buses)[number]) =>
      bus.subscribe({
        group: 'moving',
        types: ['user.roles_changed'],
        handler: (event) =>
          place.database.transaction(async (tx) => {
            await handleOnce(tx, processedEvent, { group: 'moving', eventId: event.id }, async () => {
              await tx.execute(
                sql`insert into platform.effect (subject, n) values (${event.subject}, ${numberOf(event)})`,
              );
            });
          }),
      });
    const [first, second, third] = buses as [
      (typeof buses)[number],
      (typeof buses)[number],
      (typeof buses)[number],
    ];
    const subjects = Array.from({ length: 6 }, () => randomUUID());
    const running = [await subscribe(first)];
    for (let n = 0; n < 40; n++) {
      await first.publish(subjects.map((subject) => roleEvent(subject, n)));
      if (n === 10) running.push(await subscribe(second));
      if (n === 20) running.push(await subscribe(third));
      if (n === 30) await running[0]?.stop();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const expected = Array.from({ length: 40 }, (_, n) => n);
    await settled(async () => {
      const { rows } = await place.database.pool.query('select subject, n from platform.effect order by at');
      for (const subject of subjects)
        expect(rows.filter((row) => row.subject === subject).map((row) => row.n)).toEqual(expected);
    });
    await Promise.all(buses.map((bus) => bus.close()));
  });
});

describe.skipIf(!broker)('a broker that asks who we are, over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kafka-tls-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'keys.p12');
  const store = ['-keystore', file, '-storepass', 'changeit', '-alias', 'kafka'];
  const keytool = (...args: string[]) => execFileSync('keytool', args, { stdio: 'pipe' });

  it('is used with the right name, password and authority, and refuses any other', async () => {
    const key = ['-keyalg', 'EC', '-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost'];
    keytool('-genkeypair', ...store, '-storetype', 'PKCS12', ...key, '-validity', '2');
    const certificate = join(folder, 'kafka.pem');
    keytool('-exportcert', '-rfc', '-file', certificate, ...store);
    const own = await startKafka({ users: { ada: 'correct' }, keyStore: { file, password: 'changeit' } });
    try {
      const settings = {
        brokers: [own.url.replace('127.0.0.1', 'localhost')],
        tls: { ca: readFileSync(certificate, 'utf8') },
        sasl: { mechanism: 'PLAIN', username: 'ada', password: 'correct' },
      } as const;
      const open = (change: Partial<KafkaSettings> = {}) => place.openKafka({ ...settings, ...change });
      const bus = await open();
      await settled(async () => expect(await bus.ready()).toBe(true));
      const got = vi.fn(async () => {});
      await bus.subscribe({ group: 'secured', types: ['user.roles_changed'], handler: got });
      await bus.publish([roleEvent(randomUUID(), 1)]);
      await settled(() => expect(got).toHaveBeenCalledTimes(1));
      await bus.close();
      const wrong = await open({ sasl: { ...settings.sasl, password: 'wrong' } });
      await expect(wrong.ready()).rejects.toThrow(/^Kafka at .* can't be used/);
      await wrong.close();
      const stranger = await open({ tls: {} });
      await expect(stranger.ready()).rejects.toThrow(/^Kafka at .* can't be used/);
      await stranger.close();
    } finally {
      await own.stop();
    }
  }, 60_000);
});
