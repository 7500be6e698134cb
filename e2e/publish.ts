import { randomUUID } from 'node:crypto';
import { openDatabase, openPostgresPubSub } from '@gatehouse/data';
import { type CloudEvent, openPostgresEventBus } from '@gatehouse/events';
import { silentLogger } from '@gatehouse/testkit';
import { Producer } from '@platformatic/kafka';
import { gatehouse } from './gatehouse.ts';

export type TellOf = { type: string; tenantId: string; data: { userId: string } & Record<string, unknown> };

/** Publishes as another system does: to Kafka's topic for them, or into the queue that the bundled PostgreSQL is. Answers the event's id. */
export async function publish({ type, tenantId, data }: TellOf, id: string = randomUUID()): Promise<string> {
  const event: CloudEvent = {
    specversion: '1.0',
    id,
    source: '/another-system',
    type,
    subject: data.userId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    data,
  };
  await (gatehouse.kafkaBrokers ? toKafka(gatehouse.kafkaBrokers, data.userId, event) : toPostgres(event));
  return id;
}

async function toKafka(brokers: string, key: string, event: object): Promise<void> {
  const producer = new Producer({ clientId: 'another-system', bootstrapBrokers: brokers.split(',') });
  try {
    const message = { topic: 'gatehouse.incoming.v1', key: Buffer.from(key) };
    await producer.send({ messages: [{ ...message, value: Buffer.from(JSON.stringify(event)) }], acks: -1 });
  } finally {
    await producer.close();
  }
}

async function toPostgres(event: CloudEvent): Promise<void> {
  const url = gatehouse.databaseUrl;
  const logger = silentLogger;
  const database = openDatabase({ url, schema: 'platform', poolSize: 1, applicationName: 'another system' });
  const pubSub = openPostgresPubSub({ url, logger });
  const bus = openPostgresEventBus({ database, pubSub, logger });
  try {
    await bus.publish([event]);
  } finally {
    await bus.close();
    await pubSub.close();
    await database.close();
  }
}
