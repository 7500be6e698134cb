import type { Executor } from '@gatehouse/data';
import { type ClientFound, clientAsJson } from './oauth-clients.ts';
import { statement } from './statement.ts';

export type Found = {
  payload: Record<string, unknown>;
  consumed_ms: string | null;
  consumed_by: string | null;
};

/** What is stored of one of oidc-provider's models. */
export type Artifact = {
  tenantId: string;
  kind: string;
  id: string;
  payload: Record<string, unknown>;
  accountId: string | null;
  clientId: string | null;
  grantId: string | null;
  sessionUid: string | null;
  userCode: string | null;
  /** Seconds. */
  expiresIn: number;
};

/** An access token, as it is stored and written to the token store. */
export type AccessTokenRecord = Omit<Artifact, 'userCode'> & {
  grantType: string;
  /** In the token store. */
  logKind: 'access' | 'client';
  scope: string | null;
};

/** As `upsertArtifact` and `insertArtifact` take it. */
export const valuesOf = (artifact: Artifact): unknown[] => [
  artifact.tenantId,
  artifact.kind,
  artifact.id,
  artifact.payload,
  artifact.accountId,
  artifact.clientId,
  artifact.grantId,
  artifact.sessionUid,
  artifact.userCode,
  artifact.expiresIn,
];

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

/** $1 to $8 as for an artifact, $9 grant type, $10 seconds to live, $11 kind in the token store, $12 scope, $13 IP address. */
const storingToken = (condition: string) =>
  `with stored as (
     insert into auth.oidc_artifact (tenant_id, kind, id, payload, account_id, client_id, grant_id, session_uid, expires_at)
     select $1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $10::float8) ${condition} returning expires_at)
   insert into auth.issued_token
     (tenant_id, kind, grant_type, client_id, user_id, session_id, scope, ip_address, expires_at)
   select $1, $11, $9, $6, $5, $8, $12, $13, expires_at from stored returning 1 as stored`;

const storeToken = statement<{ stored: number }>('access_token_store', storingToken(''));
/** $14 the version of the client's row. */
const storeTokenOfVersion = statement<{ stored: number }>(
  'access_token_store_of_version',
  storingToken(
    'where exists (select from auth.oauth_client c where c.tenant_id = $1 and c.id = $6::text::uuid and c.xmin = $14::text::xid)',
  ),
);

/**
 * Stores an access token and writes it to the token store. Answers whether it did: not where a version is given and the client has
 * another by now, or is gone.
 */
export async function storeAccessToken(
  db: Executor,
  token: AccessTokenRecord,
  ipAddress: string | null,
  clientVersion?: string,
): Promise<boolean> {
  const values = [
    token.tenantId,
    token.kind,
    token.id,
    token.payload,
    token.accountId,
    token.clientId,
    token.grantId,
    token.sessionUid,
    token.grantType,
    token.expiresIn,
    token.logKind,
    token.scope,
    ipAddress,
  ];
  const stored = await (clientVersion === undefined
    ? storeToken(db, values)
    : storeTokenOfVersion(db, [...values, clientVersion]));
  return stored.length > 0;
}

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

/** A token with what it depends on: its grant, and the session of a person when that stands. */
export type TokenFound = Found & {
  kind: string;
  grant_id: string | null;
  grant_payload: Record<string, unknown> | null;
  session_uid: string | null;
  session_payload: Record<string, unknown> | null;
};

/**
 * By the id they share. What they depend on is looked up row by row, by its key: joined, it would be up to the planner's idea of how
 * many tokens a session has. $1 tenant, $2 id, $3 idle limit in seconds.
 */
const tokens = `select a.kind, a.payload, extract(epoch from a.consumed_at) * 1000 as consumed_ms, a.consumed_by, a.grant_id, a.session_uid,
     (select g.payload from auth.oidc_artifact g
      where g.tenant_id = $1 and g.kind = 'Grant' and g.id = a.grant_id and g.expires_at > now()) as grant_payload,
     (select o.payload from auth.oidc_artifact o
      where o.tenant_id = $1 and o.kind = 'Session' and o.session_uid = a.session_uid and exists (
        select from auth.session s
        where s.id = case when a.session_uid ~ '^[0-9a-f-]{36}$' then a.session_uid::uuid end and s.tenant_id = $1
          and s.ended_at is null and s.expires_at > now()
          and s.last_seen_at > now() - make_interval(secs => $3::float8))) as session_payload
   from auth.oidc_artifact a
   where a.tenant_id = $1 and a.kind in ('AccessToken', 'ClientCredentials', 'RefreshToken') and a.id = $2
     and a.expires_at > now()`;

export const findTokens = statement<TokenFound>('artifact_find_tokens', tokens);

/** As `findTokens`, with a client: one row at least, without a `kind` where there is no token. $4 client. */
export const findTokensAndClient = statement<
  { client_version: string | null; client: ClientFound | null } & (
    | TokenFound
    | Record<keyof TokenFound, null>
  )
>(
  'artifact_find_tokens_and_client',
  `select t.*, c.version as client_version, c.client
   from (select) as always
   left join (${tokens}) as t on true
   left join (
     select xmin::text as version, case when xmin is distinct from $5::text::xid then ${clientAsJson} end as client
     from auth.oauth_client where tenant_id = $1 and id = $4) as c on true`,
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
