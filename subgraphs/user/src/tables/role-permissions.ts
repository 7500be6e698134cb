import { index, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { permissions } from './permissions.ts';
import { roles } from './roles.ts';
import { userSchema } from './schema.ts';

export const rolePermissions = userSchema.table(
  'role_permissions',
  {
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    permissionId: uuid('permission_id')
      .notNull()
      .references(() => permissions.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ name: 'role_permissions_pk', columns: [table.roleId, table.permissionId] }),
    index('role_permissions_permission').on(table.permissionId),
  ],
);
