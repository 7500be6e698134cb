import { statement } from './statement.ts';

/**
 * $1 tenant, $2 kind, $3 grant type, $4 client, $5 user, $6 session, $7 scope, $8 IP address, $9 seconds to live.
 */
export const insertIssuedToken = statement(
  'issued_token_insert',
  `insert into auth.issued_token
     (tenant_id, kind, grant_type, client_id, user_id, session_id, scope, ip_address, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9::float8))`,
);

/**
 * A refresh: a sign of life of the session, and an entry in the token store. $1 tenant, $2 grant type, $3 client, $4 user,
 * $5 session, $6 scope, $7 IP address, $8 seconds to live, $9 user agent.
 */
export const recordRefreshedToken = statement(
  'issued_token_refresh',
  `with seen as (
     update auth.session set last_seen_at = now(), ip_address = coalesce($7, ip_address),
       user_agent = coalesce($9, user_agent) where id = $5::uuid)
   insert into auth.issued_token
     (tenant_id, kind, grant_type, client_id, user_id, session_id, scope, ip_address, expires_at)
   values ($1, 'refresh', $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8::float8))`,
);

/** A batch of what is past its retention. $1 days, $2 how many. */
export const deleteOldIssuedTokens = statement<{ position: string }>(
  'issued_token_delete_old',
  `delete from auth.issued_token where ctid = any(array(select ctid from auth.issued_token
     where issued_at < now() - make_interval(days => $1::int) limit $2)) returning position`,
);
