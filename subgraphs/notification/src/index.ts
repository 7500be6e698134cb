import { fileURLToPath } from 'node:url';

export {
  defaultNotificationConfig,
  type NotificationConfig,
  notificationConfigOf,
  notificationEnvironment,
} from './config.ts';
export { createNotification } from './create.ts';
export type { NotificationDeps } from './deps.ts';

/** For the process that migrates before it starts the subgraph. */
export const migrations = {
  folder: fileURLToPath(new URL('../migrations', import.meta.url)),
  schema: 'notification',
};
