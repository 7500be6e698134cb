import { primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { roles } from './roles.ts';
import { userSchema } from './schema.ts';

/** Plans and features whose subscribers are given a role. */
export const roleEntitlements = userSchema.table(
  'role_entitlements',
  {
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    entitlement: text('entitlement').notNull(),
  },
  (table) => [primaryKey({ name: 'role_entitlements_pk', columns: [table.roleId, table.entitlement] })],
);
