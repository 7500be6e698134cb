import { index, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { roles } from './roles.ts';
import { userSchema } from './schema.ts';

/** The role has the permissions of the inherited one too. A role that others inherit can't be deleted. */
export const roleInheritance = userSchema.table(
  'role_inheritance',
  {
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    inheritsId: uuid('inherits_id')
      .notNull()
      .references(() => roles.id),
  },
  (table) => [
    primaryKey({ name: 'role_inheritance_pk', columns: [table.roleId, table.inheritsId] }),
    index('role_inheritance_inherits').on(table.inheritsId),
  ],
);
