import { randomBytes } from 'node:crypto';
import { administratorEnvironment, runSubgraph } from '@gatehouse/process';
import {
  createUser,
  ensureDefaultTenant,
  ensureSuperAdministrator,
  migrations,
  userConfigOf,
  userEnvironment,
} from './index.ts';

await runSubgraph({
  name: 'user',
  environment: { ...userEnvironment, ...administratorEnvironment },
  migrations,
  create: (parts, values) => createUser({ ...parts, config: userConfigOf(values) }),
  async prepare(parts) {
    await ensureDefaultTenant(parts, { publicUrl: parts.publicUrl });
  },
  async afterStart(parts, values) {
    const deps = { ...parts, config: userConfigOf(values) };
    const password = values.ADMIN_PASSWORD ?? randomBytes(12).toString('base64url');
    const { created } = await ensureSuperAdministrator(deps, { email: values.ADMIN_EMAIL, password });
    if (!created || values.ADMIN_PASSWORD) return;
    process.stdout.write(`Sign in as ${values.ADMIN_EMAIL} with the password ${password} (shown once)\n`);
  },
});
