import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { index, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** The clients that got tokens in a session: they are told of its end (OpenID Connect Back-Channel Logout). */
export const sessionClient = auth.table(
  'session_client',
  {
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    clientId: uuid('client_id').notNull(),
    createdAt: createdAt(),
    /** When the client has confirmed that it knows of the end. */
    toldAt: instant('told_at'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.sessionId, table.clientId] }),
    index('session_client_created_at').on(table.createdAt),
  ],
);
