import { id, instant } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { document } from './document.ts';
import { storageSchema } from './schema.ts';

/** The permission to send a document's content once. */
export const upload = storageSchema.table(
  'upload',
  {
    id: id(),
    documentId: uuid('document_id')
      .notNull()
      .unique('upload_document_id')
      .references(() => document.id, { onDelete: 'cascade' }),
    /** What the sender says the content hashes to. */
    expectedSha256: text('expected_sha256'),
    state: text('state', { enum: ['open', 'writing', 'done'] })
      .notNull()
      .default('open'),
    /** The request that writes now, and when it counts as lost with its process unless it renews. */
    attempt: uuid('attempt'),
    leaseUntil: instant('lease_until'),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('upload_expires_at').on(table.expiresAt)],
);

export type Upload = typeof upload.$inferSelect;
