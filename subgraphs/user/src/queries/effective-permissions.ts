import type { Executor } from '@gatehouse/data';
import { sql } from 'drizzle-orm';

/** `union` ends the recursion even if roles inherited each other. */
const heldBy = (first: ReturnType<typeof sql>) => sql`
  with recursive held (holder, role_id) as (
    ${first}
    union
    select held.holder, ri.inherits_id from held join "user".role_inheritance ri on ri.role_id = held.role_id
  )
  select held.holder, array_agg(distinct p.name order by p.name) as names
  from held
  join "user".role_permissions rp on rp.role_id = held.role_id
  join "user".permissions p on p.id = rp.permission_id
  group by held.holder`;

async function namesBy(db: Executor, query: ReturnType<typeof sql>): Promise<Map<string, string[]>> {
  const { rows } = await db.execute<{ holder: string; names: string[] }>(query);
  return new Map(rows.map(({ holder, names }) => [holder, names]));
}

const ids = (list: readonly string[]) => sql`any(${sql.param([...list])}::uuid[])`;

/** Names of all permissions each user has, through inherited roles too. */
export const permissionsOfUsers = (
  db: Executor,
  userIds: readonly string[],
): Promise<Map<string, string[]>> =>
  namesBy(db, heldBy(sql`select user_id, role_id from "user".user_roles where user_id = ${ids(userIds)}`));

/** Names of all permissions each role gives, its inherited ones included. */
export const permissionsOfRoles = (
  db: Executor,
  roleIds: readonly string[],
): Promise<Map<string, string[]>> =>
  namesBy(db, heldBy(sql`select id, id from "user".roles where id = ${ids(roleIds)}`));

/** Roles through which these roles reach somebody: themselves and all that inherit them. */
export async function rolesThatInherit(db: Executor, roleIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    with recursive reached (id) as (
      select id from "user".roles where id = ${ids(roleIds)}
      union
      select ri.role_id from reached join "user".role_inheritance ri on ri.inherits_id = reached.id
    )
    select id from reached`);
  return rows.map((row) => row.id);
}
