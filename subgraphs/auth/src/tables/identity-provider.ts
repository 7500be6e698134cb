import { createdAt, id, instant, tenantId, updatedAt } from '@gatehouse/data/columns';
import { boolean, index, integer, jsonb, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

export const providerKinds = ['OIDC', 'AUTH0', 'COGNITO', 'GOOGLE', 'GITHUB', 'X', 'TELEGRAM'] as const;
export type ProviderKind = (typeof providerKinds)[number];

export const emailTrusts = ['VERIFIED', 'ALWAYS', 'NEVER'] as const;

export type ProviderClaims = { email: string; firstName: string; lastName: string; roles: string | null };
export type RoleMapping = { value: string; role: string };

/** Somebody whose word about who a person is a tenant takes. */
export const identityProvider = auth.table(
  'identity_provider',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    kind: text('kind', { enum: providerKinds }).notNull(),
    enabled: boolean('enabled').notNull(),
    /** Never changes: who is linked has trusted this one. The base URL of a GitHub or X of one's own. */
    issuer: text('issuer'),
    clientId: text('client_id').notNull(),
    /** A JWE under AUTH_SECRET. */
    secretJwe: text('secret_jwe'),
    scopes: text('scopes').array().notNull(),
    signUp: boolean('sign_up').notNull(),
    emailDomains: text('email_domains').array().notNull(),
    signUpRole: text('sign_up_role').notNull(),
    emailTrust: text('email_trust', { enum: emailTrusts }).notNull(),
    linkByEmail: boolean('link_by_email').notNull(),
    trustMfa: boolean('trust_mfa').notNull(),
    claims: jsonb('claims').$type<ProviderClaims>().notNull(),
    roleMappings: jsonb('role_mappings').$type<RoleMapping[]>().notNull(),
    /** What whoever configured it last could do: it gives nobody more. */
    ceiling: text('ceiling').array().notNull(),
    passwordLogin: boolean('password_login').notNull(),
    passwordRealm: text('password_realm'),
    acceptTokens: boolean('accept_tokens').notNull(),
    tokenAudience: text('token_audience'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('identity_provider_tenant').on(table.tenantId, table.name, table.id)],
);

export type IdentityProvider = typeof identityProvider.$inferSelect;

/** How requests to a provider have gone; apart from it, so that sign-ins lock no configuration. */
export const providerHealth = auth.table('provider_health', {
  providerId: uuid('provider_id')
    .primaryKey()
    .references(() => identityProvider.id, { onDelete: 'cascade' }),
  lastSuccessAt: instant('last_success_at'),
  lastFailureAt: instant('last_failure_at'),
  lastError: text('last_error'),
  successes: integer('successes').notNull().default(0),
  failures: integer('failures').notNull().default(0),
  /** When it was last looked at without a reason. */
  checkedAt: instant('checked_at'),
});

export type ProviderHealthRow = typeof providerHealth.$inferSelect;
