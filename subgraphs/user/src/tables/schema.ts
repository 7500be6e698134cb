import { customType, pgSchema } from 'drizzle-orm/pg-core';

/** The PostgreSQL schema of this subgraph. */
export const userSchema = pgSchema('user');

/**
 * Text compared and sorted by code point on every server, whatever its locale: for normalised keys. A plain index on
 * it answers prefixes (`like 'abc%'`), equality and keyset paging alike.
 */
export const key = customType<{ data: string }>({ dataType: () => 'text collate "C"' });
