import { createdAt, id, instant, tenantId, updatedAt } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { check, index, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { key, userSchema } from './schema.ts';
import { tenants } from './tenants.ts';

export const userStatuses = ['PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED', 'DELETED'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** `*_key` columns hold the normalised form that uniqueness, search and order go by; `''` for a name left out. */
export const users = userSchema.table(
  'users',
  {
    id: id(),
    tenantId: tenantId().references(() => tenants.id),
    email: text('email').notNull(),
    emailKey: key('email_key').notNull(),
    username: text('username'),
    usernameKey: key('username_key'),
    firstName: text('first_name'),
    firstNameKey: key('first_name_key').notNull().default(''),
    lastName: text('last_name'),
    lastNameKey: key('last_name_key').notNull().default(''),
    /** Confirmed by a code, E.164. */
    phoneNumber: text('phone_number'),
    locale: text('locale').notNull().default('en'),
    timeZone: text('time_zone').notNull().default('UTC'),
    status: text('status').$type<UserStatus>().notNull().default('PENDING'),
    statusReason: text('status_reason'),
    avatarDocumentId: uuid('avatar_document_id'),
    preferences: jsonb('preferences').$type<Record<string, string>>().notNull().default({}),
    activatedAt: instant('activated_at'),
    /** When whoever holds the account proved to read mail to its address; an administrator's word is no proof. */
    emailConfirmedAt: instant('email_confirmed_at'),
    deletedAt: instant('deleted_at'),
    /** When a deleted record is due to be erased. */
    eraseAt: instant('erase_at'),
    /** Its personal data is gone; only the id remains, for what refers to it. */
    erasedAt: instant('erased_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('users_email_key').on(table.tenantId, table.emailKey).where(sql`deleted_at is null`),
    uniqueIndex('users_username_key').on(table.tenantId, table.usernameKey).where(sql`deleted_at is null`),
    index('users_by_creation').on(table.tenantId, table.createdAt, table.id),
    index('users_by_status').on(table.tenantId, table.status, table.createdAt, table.id),
    index('users_by_email').on(table.tenantId, table.emailKey, table.id),
    index('users_by_last_name').on(table.tenantId, table.lastNameKey, table.id),
    index('users_by_first_name').on(table.tenantId, table.firstNameKey),
    index('users_by_username').on(table.tenantId, table.usernameKey),
    index('users_to_erase').on(table.eraseAt).where(sql`erase_at is not null`),
    check(
      'users_status',
      sql`status in ('PENDING', 'ACTIVE', 'DISABLED', 'DEACTIVATED', 'DELETED') and (status = 'DELETED') = (deleted_at is not null)`,
    ),
  ],
);

export type UserRow = typeof users.$inferSelect;
