import { statement } from './statement.ts';

/** $1 tenant, $2 session, $3 client. */
export const insertSessionClient = statement(
  'session_client_insert',
  `insert into auth.session_client (tenant_id, session_id, client_id) values ($1, $2::uuid, $3::uuid)
   on conflict do nothing`,
);

/** Clients that want to be told of the end of a session and have not been. $1 tenant, $2 session. */
export const findClientsToTell = statement<{ client_id: string }>(
  'session_client_to_tell',
  `select s.client_id from auth.session_client s join auth.oauth_client c on c.id = s.client_id and c.tenant_id = s.tenant_id
   where s.tenant_id = $1 and s.session_id = $2::uuid and s.told_at is null and c.backchannel_logout_uri is not null`,
);

/** $1 tenant, $2 session, $3 client. */
export const markClientTold = statement(
  'session_client_told',
  `update auth.session_client set told_at = now() where tenant_id = $1 and session_id = $2::uuid and client_id = $3::uuid`,
);

/** A batch of those whose session is long gone. $1 days, $2 how many. */
export const deleteOldSessionClients = statement<{ client_id: string }>(
  'session_client_delete_old',
  `delete from auth.session_client where ctid = any(array(select ctid from auth.session_client
     where created_at < now() - make_interval(days => $1::int) limit $2)) returning client_id`,
);
