import { statement } from './statement.ts';

type Found = { payload: Record<string, unknown>; consumed_ms: string | null; consumed_by: string | null };

/** $1 tenant, $2 kind, $3 id, $4 payload, $5 account, $6 client, $7 grant, $8 session, $9 user code, $10 seconds to live. */
export const upsertArtifact = statement(
  'artifact_upsert',
  `insert into auth.oidc_artifact
     (tenant_id, kind, id, payload, account_id, client_id, grant_id, session_uid, user_code, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10::float8))
   on conflict (tenant_id, kind, id) do update set payload = excluded.payload, account_id = excluded.account_id,
     client_id = excluded.client_id, grant_id = excluded.grant_id, session_uid = excluded.session_uid,
     user_code = excluded.user_code, expires_at = excluded.expires_at`,
);

/** As upsert, for what may be stored only once; answers no row when it was there. */
export const insertArtifact = statement<{ id: string }>(
  'artifact_insert',
  `insert into auth.oidc_artifact
     (tenant_id, kind, id, payload, account_id, client_id, grant_id, session_uid, user_code, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10::float8))
   on conflict do nothing returning id`,
);

/** $1 tenant, $2 kind, $3 id. */
export const findArtifact = statement<Found>(
  'artifact_find',
  `select payload, extract(epoch from consumed_at) * 1000 as consumed_ms, consumed_by from auth.oidc_artifact
   where tenant_id = $1 and kind = $2 and id = $3 and expires_at > now()`,
);

/** $1 tenant, $2 kind, $3 user code. */
export const findArtifactByUserCode = statement<Found>(
  'artifact_find_by_user_code',
  `select payload, extract(epoch from consumed_at) * 1000 as consumed_ms, consumed_by from auth.oidc_artifact
   where tenant_id = $1 and user_code = $3 and kind = $2 and expires_at > now()`,
);

/** The Session artifact of a session that stands. $1 tenant, $2 session, $3 idle limit in seconds. */
export const findOpenSession = statement<Found>(
  'artifact_find_open_session',
  `select a.payload, null::float8 as consumed_ms, null::text as consumed_by
   from auth.oidc_artifact a join auth.session s on s.id = $2::uuid and s.tenant_id = a.tenant_id
   where a.tenant_id = $1 and a.session_uid = $2::text and a.kind = 'Session' and s.ended_at is null
     and s.expires_at > now() and s.last_seen_at > now() - make_interval(secs => $3::float8)`,
);

/** Uses an artifact up: of any number of parallel calls one gets a row. $1 tenant, $2 kind, $3 id, $4 by whom. */
export const consumeArtifact = statement<{ id: string }>(
  'artifact_consume',
  `update auth.oidc_artifact set consumed_at = now(), consumed_by = $4
   where tenant_id = $1 and kind = $2 and id = $3 and consumed_at is null and expires_at > now() returning id`,
);

/** $1 tenant, $2 kind, $3 id. */
export const deleteArtifact = statement(
  'artifact_delete',
  'delete from auth.oidc_artifact where tenant_id = $1 and kind = $2 and id = $3',
);

/** Answers whose they were. $1 tenant, $2 kind, $3 grant. */
export const deleteArtifactsOfGrant = statement<{ account_id: string | null; session_uid: string | null }>(
  'artifact_delete_of_grant',
  `delete from auth.oidc_artifact where tenant_id = $1 and kind = $2 and grant_id = $3
   returning account_id, session_uid`,
);

/**
 * Has the refresh tokens of a session, and so the tokens they are traded for, tell of a new authentication. $1 tenant,
 * $2 session, $3 what the payload says about it.
 */
export const raiseRefreshTokens = statement(
  'artifact_raise',
  `update auth.oidc_artifact set payload = payload || $3::jsonb
   where tenant_id = $1::uuid and session_uid = $2::text and kind = 'RefreshToken' and consumed_at is null`,
);

/** Everything of some sessions, their grants included. $1 tenant, $2 sessions. */
export const deleteArtifactsOfSessions = statement(
  'artifact_delete_of_sessions',
  `delete from auth.oidc_artifact where tenant_id = $1 and (session_uid = any($2::text[]) or grant_id in
     (select distinct grant_id from auth.oidc_artifact where tenant_id = $1 and session_uid = any($2::text[])))`,
);

/** Answers whose they were. $1 tenant, $2 client. */
export const deleteArtifactsOfClient = statement<{ account_id: string | null }>(
  'artifact_delete_of_client',
  'delete from auth.oidc_artifact where tenant_id = $1 and client_id = $2 returning account_id',
);

/** What a client holds of a person: grants, tokens, codes. $1 tenant, $2 person, $3 client. */
export const deleteArtifactsOfConsent = statement(
  'artifact_delete_of_consent',
  'delete from auth.oidc_artifact where tenant_id = $1 and account_id = $2 and client_id = $3',
);

/** A batch of what has expired. $1 how many. */
export const deleteExpiredArtifacts = statement<{ id: string }>(
  'artifact_delete_expired',
  `delete from auth.oidc_artifact where ctid = any(array(
     select ctid from auth.oidc_artifact where expires_at < now() limit $1 for update skip locked)) returning id`,
);
