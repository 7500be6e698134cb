import type { Executor } from '@gatehouse/data';
import {
  type Found,
  findArtifact,
  findOpenSession,
  findTokens,
  type TokenFound,
} from '../queries/artifacts.ts';
import { currentTokenRequest } from './token-request.ts';

type Run = <T>(query: (db: Executor) => Promise<T>) => Promise<T>;
type Scope = { run: Run; tenantId: string; sessionIdleTtl: number };

/** Rows by what they were found by. Whoever takes one takes it away: a second question is asked anew. */
export type ReadAhead = Map<string, Promise<Found | undefined>>;

const tokenKinds = ['AccessToken', 'ClientCredentials', 'RefreshToken'];
export const isToken = (kind: string): boolean => tokenKinds.includes(kind);

const rowOf = (payload: Record<string, unknown> | null): Found | undefined =>
  payload ? { payload, consumed_ms: null, consumed_by: null } : undefined;

function take(key: string): Promise<Found | undefined> | undefined {
  const readAhead = currentTokenRequest()?.readAhead;
  const known = readAhead?.get(key);
  readAhead?.delete(key);
  return known;
}

/**
 * A token by its stored id. oidc-provider asks for its grant and its session next, and, where it does not know what it was
 * shown, for tokens of other kinds: one statement reads them all.
 */
export function readToken({ run, tenantId, sessionIdleTtl }: Scope, kind: string, id: string) {
  const known = take(`${kind} ${id}`);
  if (known) return known;
  const readAhead: ReadAhead = currentTokenRequest()?.readAhead ?? new Map();
  const reading = run((db) => findTokens(db, [tenantId, id, sessionIdleTtl]));
  const noted = reading.then((rows) => {
    for (const row of rows) note(readAhead, row);
    return rows;
  });
  for (const other of tokenKinds) {
    if (other === kind) continue;
    const found = noted.then((rows) => rows.find((row) => row.kind === other));
    found.catch(() => {});
    readAhead.set(`${other} ${id}`, found);
  }
  return noted.then((rows) => rows.find((row) => row.kind === kind));
}

function note(readAhead: ReadAhead, row: TokenFound): void {
  if (row.grant_id) readAhead.set(`Grant ${row.grant_id}`, Promise.resolve(rowOf(row.grant_payload)));
  if (row.session_uid)
    readAhead.set(`Session ${row.session_uid}`, Promise.resolve(rowOf(row.session_payload)));
}

export const readGrant = ({ run, tenantId }: Scope, id: string): Promise<Found | undefined> =>
  take(`Grant ${id}`) ?? run((db) => findArtifact(db, [tenantId, 'Grant', id])).then(([row]) => row);

/** The session with this id, if it stands. */
export const readSession = ({ run, tenantId, sessionIdleTtl }: Scope, uid: string) =>
  take(`Session ${uid}`) ??
  run((db) => findOpenSession(db, [tenantId, uid, sessionIdleTtl])).then(([row]) => row as Found | undefined);
