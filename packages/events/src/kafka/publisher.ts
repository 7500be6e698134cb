import { within } from '@gatehouse/service-kit';
import { compatibilityPartitioner, ProduceAcks, Producer } from '@platformatic/kafka';
import type { CloudEvent } from '../envelope.ts';
import { structured, toMessage } from './messages.ts';
import { clientOptions, type KafkaSettings } from './settings.ts';
import type { TopicNames } from './topic-names.ts';

export type DeadLetterMessage = {
  topic: string;
  subject: string;
  envelope: unknown;
  group: string;
  reason: string;
  attempts: number;
};

export type Publisher = {
  publish(events: readonly CloudEvent[]): Promise<void>;
  publishDeadLetter(letter: DeadLetterMessage): Promise<void>;
  close(): Promise<void>;
};

type Outgoing =
  | ReturnType<typeof toMessage>
  | { topic: string; key: Buffer; value: Buffer; headers: Record<string, string> };

/** Within the time that a relay holds its outbox. */
const sendMs = 5_000;
/** A request carries one batch per partition, and a broker takes a megabyte of it unless it is told otherwise. */
const maxRequestBytes = 500_000;

/** Publishes in order, each event to every replica in sync. One that fails is made anew: nothing of it may come later. */
export function createPublisher(settings: KafkaSettings, names: TopicNames): Publisher {
  let producer: Producer<Buffer, Buffer, string, string> | undefined;

  const open = () => {
    const opened = new Producer<Buffer, Buffer, string, string>({
      ...clientOptions(settings),
      idempotent: true,
      acks: ProduceAcks.ALL,
      // As the Java client does it, which others write the same topics with.
      partitioner: compatibilityPartitioner,
      serializers: { headerKey: toBuffer, headerValue: toBuffer },
    });
    opened.on('error', () => {});
    return opened;
  };

  async function send(messages: Outgoing[]): Promise<void> {
    producer ??= open();
    const own = producer;
    try {
      await within(sendMs, own.send({ messages, acks: ProduceAcks.ALL, idempotent: true }));
    } catch (error) {
      if (producer === own) producer = undefined;
      void within(1_000, own.close(true)).catch(() => {});
      throw error;
    }
  }

  return {
    async publish(events) {
      const unique = [...new Map(events.map((event) => [event.id, event])).values()];
      for (const messages of inRequests(unique.map((event) => toMessage(event, names)))) await send(messages);
    },
    publishDeadLetter: ({ topic, subject, envelope, group, reason, attempts }) =>
      send([
        {
          topic,
          key: Buffer.from(subject),
          value: Buffer.from(JSON.stringify(envelope ?? null)),
          headers: {
            'content-type': structured,
            'gatehouse-group': group,
            'gatehouse-reason': reason,
            'gatehouse-attempts': String(attempts),
          },
        },
      ]),
    async close() {
      if (producer) await within(1_000, producer.close(true)).catch(() => {});
    },
  };
}

const toBuffer = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text);

function* inRequests(messages: Outgoing[]): Generator<Outgoing[]> {
  let request: Outgoing[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (request.length > 0 && bytes + message.value.length > maxRequestBytes) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(message);
    bytes += message.value.length;
  }
  if (request.length > 0) yield request;
}
