import { createdAt, tenantId } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { identityProvider } from './identity-provider.ts';
import { auth } from './schema.ts';

/** The provider that somebody came from into a session: a browser may be signed in there, too. */
export const externalSession = auth.table(
  'external_session',
  {
    sessionId: uuid('session_id').primaryKey(),
    tenantId: tenantId(),
    providerId: uuid('provider_id')
      .notNull()
      .references(() => identityProvider.id, { onDelete: 'cascade' }),
    /** The ID token that it gave, as a JWE under AUTH_SECRET. */
    idTokenJwe: text('id_token_jwe').notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('external_session_created_at').on(table.createdAt)],
);

/** What is kept of a sign-in at a provider until there is a session of it. */
export type ExternalSession = Pick<typeof externalSession.$inferSelect, 'providerId' | 'idTokenJwe'>;
