import { randomBytes } from 'node:crypto';
import type { SubgraphParts } from '@gatehouse/process';
import { ensureDefaultTenant, ensureSuperAdministrator, userConfigOf } from '@gatehouse/user';
import type { Environment } from './environment.ts';

/**
 * Makes sure that the default tenant and a super-administrator exist. Answers the password when it was made here, to be
 * shown once.
 */
export async function ensureAdministrator(
  parts: SubgraphParts | undefined,
  values: Environment,
): Promise<string | null> {
  if (!parts) return null;
  const deps = { ...parts, config: userConfigOf(values) };
  await ensureDefaultTenant(deps, { publicUrl: values.PUBLIC_URL });
  const password = values.ADMIN_PASSWORD ?? randomBytes(12).toString('base64url');
  const { created } = await ensureSuperAdministrator(deps, { email: values.ADMIN_EMAIL, password });
  return created && !values.ADMIN_PASSWORD ? password : null;
}
