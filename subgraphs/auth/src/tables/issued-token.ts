import { instant, tenantId } from '@gatehouse/data/columns';
import { bigserial, index, text } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** The token store: one row per token issued, for analytics and reporting. It holds no token. */
export const issuedToken = auth.table(
  'issued_token',
  {
    position: bigserial('position', { mode: 'number' }).primaryKey(),
    tenantId: tenantId(),
    kind: text('kind', { enum: ['access', 'refresh', 'client'] }).notNull(),
    /** The grant it came from: `session`, `session refresh_token`, `client_credentials`. */
    grantType: text('grant_type').notNull(),
    clientId: text('client_id').notNull(),
    userId: text('user_id'),
    sessionId: text('session_id'),
    scope: text('scope'),
    ipAddress: text('ip_address'),
    issuedAt: instant('issued_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    index('issued_token_tenant').on(table.tenantId, table.issuedAt),
    index('issued_token_issued_at').on(table.issuedAt),
  ],
);
