import { parseRedisUrl } from '@gatehouse/data/redis-url';
import { env } from '@gatehouse/service-kit';
import type { SubgraphName } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { kafkaEnvironment } from './kafka-environment.ts';

/** Where each subgraph listens when it is a process of its own and nobody says otherwise; the same as in supergraph.yaml. */
export const subgraphPorts: Record<SubgraphName, number> = {
  user: 4001,
  auth: 4002,
  storage: 4003,
  notification: 4004,
};

/** What every process reads, whatever it runs. */
export const commonEnvironment = {
  HOST: env.text('127.0.0.1'),
  LOG_LEVEL: env.logLevel.default('info'),
  NODE_ENV: env.text('development'),
  METRICS_PORT: env.count(0, 1, 65_535).removeDefault().optional(),
  // Not where everything else listens: opening that to the network must not open this.
  METRICS_HOST: env.text('127.0.0.1'),
};

/** Where the subgraphs are, for processes that call them. */
export const subgraphUrls = {
  USER_URL: env.url('http', 'https').optional(),
  AUTH_URL: env.url('http', 'https').optional(),
  STORAGE_URL: env.url('http', 'https').optional(),
  NOTIFICATION_URL: env.url('http', 'https').optional(),
};

/** The URL of a subgraph by the environment; undefined when it is not set. */
export const subgraphUrl = (
  values: { [K in keyof typeof subgraphUrls]?: string | undefined },
  name: SubgraphName,
): string | undefined => values[`${name.toUpperCase() as Uppercase<SubgraphName>}_URL`];

const timeoutMs = () => env.count(10_000, 100, 600_000);

/** How long an answer of a subgraph may take, for processes that call them: all of them, or one. */
export const subgraphTimeouts = {
  SUBGRAPH_TIMEOUT_MS: timeoutMs(),
  USER_TIMEOUT_MS: timeoutMs().removeDefault().optional(),
  AUTH_TIMEOUT_MS: timeoutMs().removeDefault().optional(),
  STORAGE_TIMEOUT_MS: timeoutMs().removeDefault().optional(),
  NOTIFICATION_TIMEOUT_MS: timeoutMs().removeDefault().optional(),
};

/** How long an answer of this subgraph may take, by the environment. Milliseconds. */
export const subgraphTimeout = (
  values: { [K in Exclude<keyof typeof subgraphTimeouts, 'SUBGRAPH_TIMEOUT_MS'>]?: number | undefined } & {
    SUBGRAPH_TIMEOUT_MS: number;
  },
  name: SubgraphName,
): number =>
  values[`${name.toUpperCase() as Uppercase<SubgraphName>}_TIMEOUT_MS`] ?? values.SUBGRAPH_TIMEOUT_MS;

/** The keys by which the processes of a fleet prove to each other who they are. */
export const passportEnvironment = {
  PASSPORT_KEY_FILE: env.text('.gatehouse/passports/key.json'),
  PASSPORT_JWKS_FILE: env.text('.gatehouse/passports/public.json'),
};

export const databaseEnvironment = {
  DATABASE_URL: env.url('postgres', 'postgresql'),
  DATABASE_POOL_SIZE: env.count(10, 1, 200),
  /** Seconds that one statement may take. */
  DATABASE_STATEMENT_TIMEOUT: env.count(30, 1, 3_600),
};

const replicaUrls = () => env.list().pipe(z.array(databaseEnvironment.DATABASE_URL));

/** Standbys of the database, for processes that mount subgraphs. */
export const replicaEnvironment = {
  DATABASE_REPLICA_URL: replicaUrls(),
  /** Seconds that what a replica answers may be old. */
  DATABASE_REPLICA_MAX_LAG: env.count(5, 2, 3_600),
};

/** Of a subgraph's own database; without one it is the one that all share. */
export const ownDatabaseEnvironment = {
  SUBGRAPH_DATABASE_URL: databaseEnvironment.DATABASE_URL.optional(),
  SUBGRAPH_DATABASE_REPLICA_URL: replicaUrls(),
};

/** Engines of a fleet; what has none of its own lies in PostgreSQL. */
export const engineEnvironment = {
  REDIS_URL: z
    .string()
    .refine((text) => parseRedisUrl(text) !== undefined, {
      error: 'must be a Redis URL (redis, rediss, redis+sentinel or redis+cluster)',
    })
    .optional(),
  MONGODB_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/[^\s/]+/, { error: 'must be a mongodb or mongodb+srv URL' })
    .optional(),
  ...kafkaEnvironment,
};

/** The first super-administrator, for the process that mounts the user subgraph. Without a password one is made. */
export const administratorEnvironment = {
  ADMIN_EMAIL: env.text('admin@gatehouse.local'),
  ADMIN_PASSWORD: z.string().min(1).optional(),
};
