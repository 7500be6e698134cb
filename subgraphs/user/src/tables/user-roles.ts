import { createdAt } from '@gatehouse/data/columns';
import { boolean, index, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { roles } from './roles.ts';
import { userSchema } from './schema.ts';
import { users } from './users.ts';

/** A role that somebody holds can't be deleted. */
export const userRoles = userSchema.table(
  'user_roles',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id),
    /** Given by a plan or feature the person subscribes to, and taken with it. */
    byPlan: boolean('by_plan').notNull().default(false),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'user_roles_pk', columns: [table.userId, table.roleId] }),
    index('user_roles_role').on(table.roleId, table.userId),
  ],
);
