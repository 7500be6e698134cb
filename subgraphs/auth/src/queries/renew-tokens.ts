import { statement } from './statement.ts';

/**
 * A refresh as one statement, which is a transaction of its own: the used token is consumed, and only if that comes to pass, in a
 * session that is open, are the new ones stored and written to the token store, and the session seen. Of any number of
 * parallel uses one gets a row. The session is locked first, as by everything that ends or raises it, so that none waits in a
 * circle; of what it was raised to since the token was read, the new one tells.
 *
 * $1 tenant, $2 id of the used token, $3 by whom, $4 session, $5 client, $6 account, $7 grant; of the new refresh token $8 id,
 * $9 payload, $10 seconds to live, $11 grant type, $12 scope; of the access token $13 id, $14 payload, $15 seconds to live,
 * $16 grant type, $17 scope; $18 IP address, $19 user agent.
 */
export const renewTokens = statement<{ id: string }>(
  'tokens_renew',
  `with open as materialized (
     select id from auth.session where id = $4::text::uuid and tenant_id = $1 and user_id = $6::text::uuid and ended_at is null for no key update),
   used as (
     update auth.oidc_artifact a set consumed_at = now(), consumed_by = $3 from open
     where a.tenant_id = $1 and a.kind = 'RefreshToken' and a.id = $2
       and a.consumed_at is null and a.expires_at > now()
     returning a.id, jsonb_strip_nulls(jsonb_build_object('amr', a.payload->'amr', 'acr', a.payload->'acr',
       'authTime', a.payload->'authTime')) as authentication),
   stored as (
     insert into auth.oidc_artifact (tenant_id, kind, id, payload, account_id, client_id, grant_id, session_uid, expires_at)
     select $1, new.kind, new.id, new.payload, $6::text, $5, $7, $4::text, now() + make_interval(secs => new.seconds)
     from used cross join lateral (values ('RefreshToken', $8::text, $9::jsonb || used.authentication, $10::float8),
       ('AccessToken', $13::text, $14::jsonb, $15::float8)) as new (kind, id, payload, seconds)),
   logged as (
     insert into auth.issued_token (tenant_id, kind, grant_type, client_id, user_id, session_id, scope, ip_address, expires_at)
     select $1, new.kind, new.grant_type, $5, $6::text, $4::text, new.scope, $18, now() + make_interval(secs => new.seconds)
     from used, (values ('access', $16::text, $17::text, $15::float8), ('refresh', $11::text, $12::text, $10::float8))
       as new (kind, grant_type, scope, seconds)),
   seen as (
     update auth.session s set last_seen_at = now(), ip_address = coalesce($18, s.ip_address),
       user_agent = coalesce($19, s.user_agent) from used where s.id = $4::text::uuid)
   select id from used`,
);
