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

/** A batch of what is past its retention. $1 days, $2 how many. */
export const deleteOldIssuedTokens = statement<{ position: string }>(
  'issued_token_delete_old',
  `delete from auth.issued_token where ctid = any(array(select ctid from auth.issued_token
     where issued_at < now() - make_interval(days => $1::int) limit $2)) returning position`,
);
