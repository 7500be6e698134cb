import { createdAt, id, tenantId } from '@gatehouse/data/columns';
import { boolean, index, jsonb, text, uuid } from 'drizzle-orm/pg-core';
import type { JSONWebKeySet } from 'jose';
import { auth } from './schema.ts';

export const grantTypes = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const;

export const authMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;

/** A program that signs in by itself or signs people in. Its secret is random, so its SHA-256 is enough. */
export const oauthClient = auth.table(
  'oauth_client',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    /** Null when it proves itself otherwise, or not at all. */
    secretHash: text('secret_hash'),
    /** Permission names: what it may do itself, and the most that it may do for a person. */
    scopes: text('scopes').array().notNull(),
    grantTypes: text('grant_types', { enum: grantTypes }).array().notNull().default(['client_credentials']),
    authMethod: text('auth_method', { enum: authMethods }).notNull().default('client_secret_basic'),
    redirectUris: text('redirect_uris').array().notNull().default([]),
    postLogoutRedirectUris: text('post_logout_redirect_uris').array().notNull().default([]),
    backchannelLogoutUri: text('backchannel_logout_uri'),
    /** Public keys of a client that authenticates by private_key_jwt. */
    jwks: jsonb('jwks').$type<JSONWebKeySet>(),
    /** Of the house: people are not asked for their consent. */
    firstParty: boolean('first_party').notNull().default(false),
    /** Its tokens are bound to a key (RFC 9449). */
    dpopBound: boolean('dpop_bound').notNull().default(false),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [index('oauth_client_name').on(table.tenantId, table.name, table.id)],
);

export type OauthClient = typeof oauthClient.$inferSelect;
export type GrantType = (typeof grantTypes)[number];
export type AuthMethod = (typeof authMethods)[number];
