import { authEnvironment } from '@gatehouse/auth/config';
import { gatewayEnvironment } from '@gatehouse/gateway/config';
import { notificationEnvironment } from '@gatehouse/notification/config';
import {
  administratorEnvironment,
  commonEnvironment,
  databaseEnvironment,
  engineEnvironment,
  replicaEnvironment,
  subgraphTimeouts,
  subgraphUrls,
} from '@gatehouse/process/environment';
import { env, loadEnvFile, readEnvironment } from '@gatehouse/service-kit';
import { storageEnvironment } from '@gatehouse/storage/config';
import { userEnvironment } from '@gatehouse/user/config';
import { z } from 'zod';

export const environmentSchema = z.object({
  ...commonEnvironment,
  ...databaseEnvironment,
  ...engineEnvironment,
  ...replicaEnvironment,
  ...subgraphUrls,
  ...subgraphTimeouts,
  ...administratorEnvironment,
  ...gatewayEnvironment,
  ...userEnvironment,
  ...authEnvironment,
  ...storageEnvironment,
  ...notificationEnvironment,
  DATABASE_URL: databaseEnvironment.DATABASE_URL.optional(),
  DATA_DIR: env.text('.gatehouse'),
  LOG_LEVEL: env.logLevel.default('warn'),
  WORKERS: env.count(1, 1, 64),
});

export type Environment = z.output<typeof environmentSchema> & { PUBLIC_URL: string };

/** The one place of this process that reads the environment. StartupError naming every wrong value. */
export function readStandaloneEnvironment(): Environment {
  loadEnvFile();
  const values = readEnvironment(environmentSchema, process.env);
  return { ...values, PUBLIC_URL: values.PUBLIC_URL ?? `http://localhost:${values.PORT}` };
}
