import { createdAt, id, instant, updatedAt } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { check, index, text } from 'drizzle-orm/pg-core';
import { key, userSchema } from './schema.ts';

export const tenantStatuses = ['ACTIVE', 'SUSPENDED', 'DELETED'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

export const tenants = userSchema.table(
  'tenants',
  {
    id: id(),
    slug: key('slug').notNull().unique('tenants_slug'),
    name: text('name').notNull(),
    /** Host that issuer and links are built on. */
    primaryHost: text('primary_host').notNull(),
    publicUrl: text('public_url').notNull(),
    status: text('status').$type<TenantStatus>().notNull().default('ACTIVE'),
    statusReason: text('status_reason'),
    /** How its pages and mails look: `#rrggbb`, and addresses that browsers alone open. */
    primaryColor: text('primary_color'),
    backgroundColor: text('background_color'),
    logoUrl: text('logo_url'),
    supportUrl: text('support_url'),
    /** Whom its mails come from; the installation's sender for what is left out. */
    senderName: text('sender_name'),
    senderAddress: text('sender_address'),
    /** The product's permissions and roles that it was given last, as a fingerprint. */
    seeded: text('seeded'),
    deletedAt: instant('deleted_at'),
    /** When a deleted tenant is due to be erased. */
    eraseAt: instant('erase_at'),
    /** Its people are gone and its hosts are free; only the id remains, for what refers to it. */
    erasedAt: instant('erased_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('tenants_to_erase').on(table.eraseAt).where(sql`erase_at is not null`),
    check(
      'tenants_status',
      sql`status in ('ACTIVE', 'SUSPENDED', 'DELETED') and (status = 'DELETED') = (deleted_at is not null)`,
    ),
  ],
);

export type TenantRow = typeof tenants.$inferSelect;
