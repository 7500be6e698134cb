import type { Executor } from '@gatehouse/data';
import { eq, type SQL, sql } from 'drizzle-orm';
import { tenants, users } from '../tables/index.ts';

const roleNames = sql<string[]>`array(
  select r.name from "user".user_roles ur join "user".roles r on r.id = ur.role_id
  where ur.user_id = ${users.id} order by r.name)`;

const permissionNames = sql<string[]>`array(
  with recursive held (role_id) as (
    select ur.role_id from "user".user_roles ur where ur.user_id = ${users.id}
    union
    select ri.inherits_id from held join "user".role_inheritance ri on ri.role_id = held.role_id
  )
  select distinct p.name from held
  join "user".role_permissions rp on rp.role_id = held.role_id
  join "user".permissions p on p.id = rp.permission_id
  order by p.name)`;

/** A person as tokens and sessions need it, in one round trip: the way of every login. */
export async function selectLoginSubject(db: Executor, where: SQL | undefined) {
  const [row] = await db
    .select({
      userId: users.id,
      tenantId: users.tenantId,
      tenantName: tenants.name,
      publicUrl: tenants.publicUrl,
      status: users.status,
      email: users.email,
      phoneNumber: users.phoneNumber,
      emailConfirmed: sql<boolean>`${users.emailConfirmedAt} is not null`.as('email_confirmed'),
      username: users.username,
      firstName: users.firstName,
      lastName: users.lastName,
      locale: users.locale,
      timeZone: users.timeZone,
      roles: roleNames.as('role_names'),
      permissions: permissionNames.as('permission_names'),
    })
    .from(users)
    .innerJoin(tenants, eq(tenants.id, users.tenantId))
    .where(where)
    .limit(1);
  return row ?? null;
}

export type LoginSubject = NonNullable<Awaited<ReturnType<typeof selectLoginSubject>>>;
