import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  integer,
  pgSchema,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.ts';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const platform = pgSchema('platform');

export const keyValue = platform.table(
  'key_value',
  {
    key: text('key').primaryKey(),
    value: text('value').notNull(),
    /** Empty: lives until it is deleted. */
    expiresAt: instant('expires_at'),
  },
  (table) => [index('key_value_expires_at').on(table.expiresAt).where(sql`expires_at is not null`)],
);

/** One attempt to write a blob. It is visible once it is completed; the others are swept. */
export const blob = platform.table(
  'blob',
  {
    id: id(),
    name: text('name').notNull(),
    size: bigint('size', { mode: 'number' }).notNull().default(0),
    sha256: text('sha256'),
    createdAt: createdAt(),
    touchedAt: instant('touched_at').notNull().defaultNow(),
    completedAt: instant('completed_at'),
  },
  (table) => [
    uniqueIndex('blob_name').on(table.name).where(sql`completed_at is not null`),
    index('blob_unfinished').on(table.touchedAt).where(sql`completed_at is null`),
  ],
);

export const blobChunk = platform.table(
  'blob_chunk',
  {
    blobId: uuid('blob_id')
      .notNull()
      .references(() => blob.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
    data: bytea('data').notNull(),
  },
  (table) => [primaryKey({ columns: [table.blobId, table.position] })],
);
