import { timestamp, uuid } from 'drizzle-orm/pg-core';
import { v7 } from 'uuid';

/** A new identifier: UUID v7, so that ids sort by the time they were made. */
export const newId = (): string => v7();

/** The primary key of every entity table. */
export const id = () => uuid('id').primaryKey().$defaultFn(newId);

export const tenantId = () => uuid('tenant_id').notNull();

/** Milliseconds, like a JavaScript Date: what was read compares equal to what is stored (cursors rely on it). */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

export const createdAt = () => instant('created_at').notNull().defaultNow();

export const updatedAt = () =>
  instant('updated_at')
    .notNull()
    .defaultNow()
    .$onUpdate(() => new Date());
