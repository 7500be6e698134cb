import { runSubgraph } from '@gatehouse/process';
import { createStorage, migrations, storageConfigOf, storageEnvironment } from './index.ts';

await runSubgraph({
  name: 'storage',
  environment: storageEnvironment,
  migrations,
  create: (parts, values) => createStorage({ ...parts, config: storageConfigOf(values) }),
});
