import { setTimeout } from 'node:timers/promises';
import { newId, type Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { GatehouseError, StartupError } from '@gatehouse/service-kit';
import { HasPasswordDocument, PreparePasswordDocument } from '../generated/calls.ts';
import type { UserDeps } from './deps.ts';
import { normaliseEmail } from './normalise.ts';
import { giveRoleByName } from './queries/roles.ts';
import { hasSuperAdministrator, superAdministrator } from './queries/super-administrators.ts';
import { defaultTenantSlug, tenantBySlug } from './queries/tenants.ts';
import { insertUser } from './queries/users.ts';
import { outbox, type TenantRow } from './tables/index.ts';

type Deps = Pick<UserDeps, 'database' | 'call'>;

/**
 * Gives the default tenant its first super-administrator, unless it has an active one: ACTIVE at once, with this
 * password, which signs them in when this answers. Of processes that start together one creates. StartupError for an
 * address or password that can't be used.
 */
export async function ensureSuperAdministrator(
  deps: Deps,
  { email, password }: { email: string; password: string },
): Promise<{ created: boolean }> {
  const tenant = await tenantBySlug(deps.database.db, defaultTenantSlug);
  if (!tenant) throw new Error('there is no default tenant yet');
  const address = normaliseEmail(email);
  if ('problem' in address) throw new StartupError(`ADMIN_EMAIL ${address.problem}.`);
  if (await deps.database.transaction((tx) => hasSuperAdministrator(tx, tenant.id)))
    return { created: false };
  try {
    const { preparePassword } = await deps.call('auth', PreparePasswordDocument, {
      input: { tenantId: tenant.id, password, about: { email: address.value, tenantName: tenant.name } },
    });
    const userId = await deps.database.transaction((tx) => create(tx, tenant, address, preparePassword));
    if (userId) await passwordOf(deps, { tenantId: tenant.id, userId });
    return { created: userId !== undefined };
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    if (error.code === 'BAD_USER_INPUT')
      throw new StartupError(`ADMIN_PASSWORD can't be used: ${error.message}`);
    if (error.code === 'EMAIL_TAKEN') throw new StartupError('ADMIN_EMAIL belongs to a user already.');
    throw error;
  }
}

async function create(
  tx: Tx,
  { id: tenantId }: TenantRow,
  address: { value: string; key: string },
  credentialRef: string,
): Promise<string | undefined> {
  if (await hasSuperAdministrator(tx, tenantId)) return undefined;
  const user = await insertUser(tx, {
    id: newId(),
    tenantId,
    email: address.value,
    emailKey: address.key,
    status: 'ACTIVE',
    activatedAt: new Date(),
  });
  await giveRoleByName(tx, user, superAdministrator);
  await writeEvent(tx, outbox, {
    type: 'user.created',
    tenantId,
    subject: user.id,
    data: {
      userId: user.id,
      email: user.email,
      username: null,
      role: superAdministrator,
      registrationMethod: 'admin',
      metadata: { credentialRef, confirmed: 'true' },
    },
  });
  return user.id;
}

const arrivesWithinMs = 20_000;
const pauseMs = 25;

/** Waits until the password has come to auth with the event; for a while: it comes, but the start must not hang on it. */
async function passwordOf(deps: Deps, who: { tenantId: string; userId: string }): Promise<void> {
  const deadline = Date.now() + arrivesWithinMs;
  while (Date.now() < deadline) {
    if ((await deps.call('auth', HasPasswordDocument, who)).hasPassword) return;
    await setTimeout(pauseMs);
  }
}
