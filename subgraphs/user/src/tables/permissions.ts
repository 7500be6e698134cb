import { createdAt, id, tenantId, updatedAt } from '@gatehouse/data/columns';
import { boolean, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { key, userSchema } from './schema.ts';
import { tenants } from './tenants.ts';

export const permissions = userSchema.table(
  'permissions',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    name: key('name').notNull(),
    description: text('description'),
    system: boolean('system').notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [uniqueIndex('permissions_name').on(table.tenantId, table.name)],
);

export type PermissionRow = typeof permissions.$inferSelect;
