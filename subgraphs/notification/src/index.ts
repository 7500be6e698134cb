export {
  defaultNotificationConfig,
  type NotificationConfig,
  notificationConfigOf,
  notificationEnvironment,
} from './config.ts';
export { createNotification } from './create.ts';
export type { NotificationDeps } from './deps.ts';
export { migrations } from './migrations.ts';
