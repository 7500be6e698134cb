import { createdAt, id, updatedAt } from '@gatehouse/data/columns';
import { text } from 'drizzle-orm/pg-core';
import { userSchema } from './schema.ts';

export const tenants = userSchema.table('tenants', {
  id: id(),
  slug: text('slug').notNull().unique('tenants_slug'),
  name: text('name').notNull(),
  /** Host that issuer and links are built on. */
  primaryHost: text('primary_host').notNull(),
  publicUrl: text('public_url').notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export type TenantRow = typeof tenants.$inferSelect;
