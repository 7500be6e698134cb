import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { bigint, index, text, uuid } from 'drizzle-orm/pg-core';
import { storageSchema } from './schema.ts';

/** What is known about a document. Its content lies in the blob store under the same id. */
export const document = storageSchema.table(
  'document',
  {
    id: id(),
    tenantId: tenantId(),
    ownerId: uuid('owner_id').notNull(),
    name: text('name').notNull(),
    kind: text('kind').notNull(),
    tags: text('tags').array().notNull(),
    /** Announced, then counted: both are the same number. */
    size: bigint('size', { mode: 'number' }).notNull(),
    contentType: text('content_type').notNull().default('application/octet-stream'),
    /** Empty until the content is there. */
    sha256: text('sha256').notNull().default(''),
    status: text('status', { enum: ['pending', 'stored', 'deleted'] })
      .notNull()
      .default('pending'),
    /** The user being added who shall have it; void after `reservedUntil`. */
    reservedFor: uuid('reserved_for'),
    reservedUntil: instant('reserved_until'),
    createdAt: createdAt(),
    storedAt: instant('stored_at'),
    deletedAt: instant('deleted_at'),
    contentRemovedAt: instant('content_removed_at'),
  },
  (table) => [
    index('document_of_tenant').on(table.tenantId, table.id).where(sql`status = 'stored'`),
    index('document_of_owner').on(table.tenantId, table.ownerId, table.id).where(sql`status <> 'deleted'`),
    index('document_reserved_for').on(table.reservedFor).where(sql`reserved_for is not null`),
    index('document_to_remove')
      .on(table.deletedAt)
      .where(sql`status = 'deleted' and content_removed_at is null`),
  ],
);

export type Document = typeof document.$inferSelect;
