import { runSubgraph } from '@gatehouse/process';
import { createNotification, migrations, notificationConfigOf, notificationEnvironment } from './index.ts';

await runSubgraph({
  name: 'notification',
  environment: notificationEnvironment,
  migrations,
  create: (parts, values) => createNotification({ ...parts, config: notificationConfigOf(values) }),
});
