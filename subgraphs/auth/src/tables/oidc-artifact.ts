import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { index, jsonb, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/**
 * Everything oidc-provider keeps: sessions, grants and tokens. `id` is the SHA-256 of bearer-like ids. Consumed refresh
 * tokens stay until they expire: they detect reuse.
 */
export const oidcArtifact = auth.table(
  'oidc_artifact',
  {
    tenantId: tenantId(),
    /** The model's name in oidc-provider. */
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    payload: jsonb('payload').notNull(),
    accountId: text('account_id'),
    clientId: text('client_id'),
    grantId: text('grant_id'),
    sessionUid: text('session_uid'),
    userCode: text('user_code'),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
    consumedAt: instant('consumed_at'),
    /** IP address that used a refresh token up: who retries from there within the grace is no thief. */
    consumedBy: text('consumed_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kind, table.id] }),
    index('oidc_artifact_grant').on(table.tenantId, table.grantId).where(sql`grant_id is not null`),
    index('oidc_artifact_session').on(table.tenantId, table.sessionUid).where(sql`session_uid is not null`),
    // Of a session there is one such row, among thousands of tokens.
    index('oidc_artifact_session_itself').on(table.tenantId, table.sessionUid).where(sql`kind = 'Session'`),
    index('oidc_artifact_account')
      .on(table.tenantId, table.accountId, table.kind)
      .where(sql`account_id is not null`),
    index('oidc_artifact_client').on(table.tenantId, table.clientId).where(sql`client_id is not null`),
    uniqueIndex('oidc_artifact_user_code')
      .on(table.tenantId, table.userCode)
      .where(sql`user_code is not null`),
    index('oidc_artifact_expires_at').on(table.expiresAt),
  ],
);
