import type { Executor } from '@gatehouse/data';
import {
  type Found,
  findArtifact,
  findOpenSession,
  findTokens,
  findTokensAndClient,
  type TokenFound,
} from '../queries/artifacts.ts';
import { clientOf } from '../queries/oauth-clients.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import type { KnownClients } from './known-clients.ts';
import { sha256 } from './secrets.ts';
import { currentTokenRequest, type TokenRequest } from './token-request.ts';

type Run = <T>(query: (db: Executor) => Promise<T>) => Promise<T>;
type Scope = { run: Run; tenantId: string; sessionIdleTtl: number };
type ClientScope = Scope & { knownClients: KnownClients };

/** Rows by what they were found by. Whoever takes one takes it away: a second question is asked anew. */
export type ReadAhead = Map<string, Promise<Found | undefined>>;

/** What a request names before anything is decided about it. */
export type Named = { clientId: string; token: string };

/** The client that a request names, read along with its token. */
export type ClientAhead = { id: string; client: Promise<OauthClient | undefined> };

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
 * Reads the client and the token that a request names by one statement, before oidc-provider asks for the one and, once it is
 * content with that, for the other. A client that was here before is read only where it has changed.
 */
export function readAlong(scope: ClientScope, request: TokenRequest, { clientId, token }: Named): void {
  const id = sha256(token);
  const { run, tenantId, sessionIdleTtl, knownClients } = scope;
  const known = knownClients.get(tenantId, clientId);
  const reading = run((db) =>
    findTokensAndClient(db, [tenantId, id, sessionIdleTtl, clientId, known?.version]),
  );
  const client = reading.then(([row]) => {
    if (known && row?.client_version === known.version) return known;
    const read = row?.client ? clientOf(row.client) : undefined;
    knownClients.keep(tenantId, clientId, read);
    return read;
  });
  client.catch(() => {});
  request.clientAhead = { id: clientId, client };
  const rows = reading.then((all) => all.filter((row): row is typeof row & TokenFound => row.kind !== null));
  noteTokens(request.readAhead, rows, id, tokenKinds);
}

/** The client with this id, when it was read along; for one use. */
export function takeClient(id: string): Promise<OauthClient | undefined> | undefined {
  const request = currentTokenRequest();
  if (request?.clientAhead?.id !== id) return undefined;
  const { client } = request.clientAhead;
  request.clientAhead = undefined;
  return client;
}

/**
 * A token by its stored id. oidc-provider asks for its grant and its session next, and, where it does not know what it was
 * shown, for tokens of other kinds: one statement reads them all.
 */
export function readToken({ run, tenantId, sessionIdleTtl }: Scope, kind: string, id: string) {
  const known = take(`${kind} ${id}`);
  if (known) return known;
  const readAhead: ReadAhead = currentTokenRequest()?.readAhead ?? new Map();
  const rows = run((db) => findTokens(db, [tenantId, id, sessionIdleTtl]));
  const others = tokenKinds.filter((other) => other !== kind);
  const noted = noteTokens(readAhead, rows, id, others);
  return noted.then((all) => all.find((row) => row.kind === kind));
}

/** Keeps what was read for who asks for these kinds, and with a token what it depends on. */
function noteTokens(
  readAhead: ReadAhead,
  rows: Promise<TokenFound[]>,
  id: string,
  kinds: string[],
): Promise<TokenFound[]> {
  const noted = rows.then((all) => {
    for (const row of all) note(readAhead, row);
    return all;
  });
  for (const kind of kinds) {
    const found = noted.then((all) => all.find((row) => row.kind === kind));
    found.catch(() => {});
    readAhead.set(`${kind} ${id}`, found);
  }
  return noted;
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
