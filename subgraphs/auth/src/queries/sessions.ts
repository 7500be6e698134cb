import { type Executor, keyset, type Page } from '@gatehouse/data';
import { and, eq, gt, inArray, isNull, ne, type SQL, sql } from 'drizzle-orm';
import { type SessionRow, session } from '../tables/session.ts';
import { statement } from './statement.ts';

export async function insertSession(
  tx: Executor,
  row: Omit<SessionRow, 'createdAt' | 'lastSeenAt' | 'endedAt' | 'name'>,
): Promise<void> {
  await tx.insert(session).values(row);
}

/** Neither ended nor past a limit. */
const open = (idleTtl: number): SQL | undefined =>
  and(
    isNull(session.endedAt),
    gt(session.expiresAt, sql`now()`),
    gt(session.lastSeenAt, sql`now() - make_interval(secs => ${idleTtl})`),
  );

/** Open sessions of a user, newest first. */
export async function pageOfSessions(
  db: Executor,
  selection: { tenantId: string; userId: string; idleTtl: number },
  page: Page<string>,
): Promise<SessionRow[]> {
  const keys = keyset(page, [session.id], (id) => [id], 'desc');
  return db
    .select()
    .from(session)
    .where(
      and(
        eq(session.tenantId, selection.tenantId),
        eq(session.userId, selection.userId),
        open(selection.idleTtl),
        keys.where,
      ),
    )
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

export async function findOpenSessions(
  db: Executor,
  selection: { tenantId: string; ids: readonly string[]; idleTtl: number },
): Promise<SessionRow[]> {
  return db
    .select()
    .from(session)
    .where(
      and(
        eq(session.tenantId, selection.tenantId),
        inArray(session.id, [...selection.ids]),
        open(selection.idleTtl),
      ),
    );
}

/** Marks open sessions as ended and answers them. */
export async function markSessionsEnded(
  tx: Executor,
  selection: { tenantId: string; userId: string; sessionId?: string; except?: string },
): Promise<{ id: string }[]> {
  return tx
    .update(session)
    .set({ endedAt: sql`now()` })
    .where(
      and(
        eq(session.tenantId, selection.tenantId),
        eq(session.userId, selection.userId),
        selection.sessionId ? eq(session.id, selection.sessionId) : undefined,
        selection.except ? ne(session.id, selection.except) : undefined,
        isNull(session.endedAt),
      ),
    )
    .returning({ id: session.id });
}

/** Names an open session of the owner; undefined when there is none. */
export async function nameSession(
  db: Executor,
  values: { tenantId: string; userId: string; sessionId: string; name: string | null },
): Promise<SessionRow | undefined> {
  const { tenantId, userId, sessionId, name } = values;
  const [row] = await db
    .update(session)
    .set({ name })
    .where(
      and(
        eq(session.tenantId, tenantId),
        eq(session.userId, userId),
        eq(session.id, sessionId),
        isNull(session.endedAt),
        gt(session.expiresAt, sql`now()`),
      ),
    )
    .returning();
  return row;
}

/** Puts those in line that change what a session holds, until the end of the transaction. $1 session, $2 tenant. */
export const lockSession = statement<{ id: string }>(
  'session_lock',
  'select id from auth.session where id = $1::uuid and tenant_id = $2 for no key update',
);

/** Who was signed in has proved it again. $1 session, $2 seconds since 1970, $3 methods. */
export const renewAuthentication = statement(
  'session_renew',
  `update auth.session set auth_time = to_timestamp($2::float8), amr = $3, last_seen_at = now() where id = $1::uuid`,
);

/** $1 session. */
export const markSessionSeen = statement(
  'session_seen',
  `update auth.session set last_seen_at = now() where id = $1::uuid and last_seen_at < now() - interval '1 minute'`,
);

/**
 * The session of an access token, when both stand, and the grant it was issued under. The token is found by its key, not among
 * those of the session, which may be thousands. $1 tenant, $2 session, $3 user, $4 id of the access token's row, $5 idle limit
 * in seconds.
 */
export const findSessionOfToken = statement<{
  amr: string[];
  auth_time: number;
  second_factor: boolean;
  stale: boolean;
  client_id: string;
  scope: string | null;
}>(
  'session_of_token',
  `with a as materialized (
     select client_id, session_uid, grant_id, payload->>'scope' as scope from auth.oidc_artifact
     where tenant_id = $1 and kind = 'AccessToken' and id = $4 and expires_at > now())
   select a.client_id, a.scope, s.amr, extract(epoch from s.auth_time)::int as auth_time,
     s.last_seen_at < now() - interval '1 minute' as stale,
     exists (select from auth.mfa_factor f where f.user_id = s.user_id and f.confirmed_at is not null) as second_factor
   from a join auth.session s on s.id = $2::uuid and a.session_uid = $2::text
   where s.tenant_id = $1 and s.user_id = $3::uuid and s.ended_at is null and s.expires_at > now()
     and s.last_seen_at > now() - make_interval(secs => $5::float8)
     and exists (select from auth.oidc_artifact g where g.tenant_id = $1 and g.kind = 'Grant' and g.id = a.grant_id)`,
);

/** How the session was authenticated, if it is open, and whether its account has a second factor. $1 tenant, $2 session. */
export const findAssurance = statement<{ amr: string[]; auth_time: number; second_factor: boolean }>(
  'session_assurance',
  `select s.amr, extract(epoch from s.auth_time)::int as auth_time,
     exists (select from auth.mfa_factor f where f.user_id = s.user_id and f.confirmed_at is not null) as second_factor
   from auth.session s where s.tenant_id = $1::uuid and s.id = $2::uuid and s.ended_at is null`,
);

/** What a new authentication says about a session. $1 tenant, $2 session, $3 methods, $4 seconds since 1970. */
export const raiseSession = statement<{ id: string }>(
  'session_raise',
  `update auth.session set amr = $3::text[], auth_time = to_timestamp($4::float8)
   where tenant_id = $1::uuid and id = $2::uuid and ended_at is null returning id`,
);

/** Open sessions that a new absolute limit ends sooner. $1 tenant, $2 seconds. */
export const shortenSessions = statement(
  'session_shorten',
  `update auth.session set expires_at = created_at + make_interval(secs => $2::float8)
   where tenant_id = $1::uuid and ended_at is null and expires_at > created_at + make_interval(secs => $2::float8)`,
);

/** The open sessions of a person beyond the newest $3. $1 tenant, $2 user. */
export const findSurplusSessions = statement<{ id: string }>(
  'session_surplus',
  `select id from auth.session where tenant_id = $1::uuid and user_id = $2::uuid and ended_at is null
     and expires_at > now() order by id desc offset $3`,
);

/** A batch of sessions that nobody asks about any more. $1 how many. */
export const deleteOldSessions = statement<{ id: string }>(
  'session_delete_old',
  `delete from auth.session where ctid = any(array(
     select ctid from auth.session where expires_at < now() limit $1 for update skip locked)) returning id`,
);
