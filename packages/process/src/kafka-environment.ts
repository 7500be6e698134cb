import { readFileSync } from 'node:fs';
import type { KafkaSettings } from '@gatehouse/events/kafka';
import { env, StartupError } from '@gatehouse/service-kit';
import { z } from 'zod';

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const isTopicName = (name: string): boolean => /^[a-zA-Z0-9._-]{1,200}$/.test(name);

/** The event bus of a fleet; without KAFKA_BROKERS it lies in PostgreSQL. */
export const kafkaEnvironment = {
  KAFKA_BROKERS: env
    .list()
    .refine(
      (brokers) =>
        brokers.every((one) => /^[^\s:/]+:\d{1,5}$/.test(one) || /^\[[\da-f:]+\]:\d{1,5}$/i.test(one)),
      {
        error: 'must list brokers as host:port',
      },
    ),
  KAFKA_PREFIX: env
    .text('gatehouse')
    .refine(isTopicName, { error: 'must be letters, digits, dots, hyphens and underscores' }),
  KAFKA_CONSUMED_TOPICS: env
    .list()
    .refine((topics) => topics.every(isTopicName), { error: 'must list topics' }),
  KAFKA_PARTITIONS: env.count(12, 1, 1_000),
  /** 0: what the brokers say. */
  KAFKA_REPLICAS: env.count(0, 0, 15),
  KAFKA_TLS: env.flag(false),
  KAFKA_TLS_CA_FILE: z.string().min(1).optional(),
  KAFKA_TLS_CERT_FILE: z.string().min(1).optional(),
  KAFKA_TLS_KEY_FILE: z.string().min(1).optional(),
  KAFKA_SASL_MECHANISM: z
    .enum(mechanisms, { error: `must be one of ${mechanisms.join(', ')}` })
    .default('SCRAM-SHA-512'),
  KAFKA_USERNAME: z.string().min(1).optional(),
  KAFKA_PASSWORD: z.string().min(1).optional(),
};

type Values = z.output<z.ZodObject<typeof kafkaEnvironment>>;

/** What the environment says about Kafka; undefined when there is none. StartupError for halves, and files that can't be read. */
export function kafkaSettingsOf(values: Values): KafkaSettings | undefined {
  if (values.KAFKA_BROKERS.length === 0) return undefined;
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = values;
  if ((username === undefined) !== (password === undefined))
    throw new StartupError('KAFKA_USERNAME and KAFKA_PASSWORD are set together or not at all.');
  if ((values.KAFKA_TLS_CERT_FILE === undefined) !== (values.KAFKA_TLS_KEY_FILE === undefined))
    throw new StartupError('KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE are set together or not at all.');
  const tls = values.KAFKA_TLS
    ? {
        ca: read(values.KAFKA_TLS_CA_FILE),
        cert: read(values.KAFKA_TLS_CERT_FILE),
        key: read(values.KAFKA_TLS_KEY_FILE),
      }
    : undefined;
  const mechanism = values.KAFKA_SASL_MECHANISM;
  return {
    brokers: values.KAFKA_BROKERS,
    prefix: values.KAFKA_PREFIX,
    consumedTopics: values.KAFKA_CONSUMED_TOPICS,
    partitions: values.KAFKA_PARTITIONS,
    replicas: values.KAFKA_REPLICAS === 0 ? undefined : values.KAFKA_REPLICAS,
    tls,
    sasl: username !== undefined && password !== undefined ? { mechanism, username, password } : undefined,
  };
}

function read(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(`${file} can't be read: ${(error as Error).message}`);
  }
}
