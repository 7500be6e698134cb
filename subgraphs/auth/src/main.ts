import { runSubgraph } from '@gatehouse/process';
import { StartupError } from '@gatehouse/service-kit';
import { authConfig, authEnvironment, createAuth, migrations } from './index.ts';

await runSubgraph({
  name: 'auth',
  environment: authEnvironment,
  migrations,
  create(parts, values) {
    if (!values.AUTH_SECRET) throw new StartupError('AUTH_SECRET is required: 32 characters or more.');
    return createAuth({ ...parts, config: authConfig(values, values.AUTH_SECRET) });
  },
});
