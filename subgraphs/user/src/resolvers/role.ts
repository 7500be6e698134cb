import type { PermissionResolvers, RoleResolvers } from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import { idField } from '../fields.ts';
import { maySeePermission, maySeeRole } from '../visible.ts';

export const roleResolvers: RoleResolvers = {
  __resolveReference: ({ id }, context) =>
    visible(id, context, (key) => context.loaders.role.load(key), maySeeRole),
  permissions: ({ id }, _args, { loaders }) => loaders.grantedByRole.load(id),
  entitlements: ({ id }, _args, { loaders }) => loaders.entitlementsOfRole.load(id),
  inherits: ({ id }, _args, { loaders }) => loaders.inheritedByRole.load(id),
};

export const permissionResolvers: PermissionResolvers = {
  __resolveReference: ({ id }, context) =>
    visible(id, context, (key) => context.loaders.permission.load(key), maySeePermission),
};

async function visible<Row>(
  id: string,
  { caller }: Context,
  load: (id: string) => Promise<Row | null>,
  maySee: (caller: Context['caller'], row: Row) => boolean,
): Promise<Row | null> {
  const key = idField.safeParse(id);
  const row = key.success ? await load(key.data) : null;
  return row && maySee(caller, row) ? row : null;
}
