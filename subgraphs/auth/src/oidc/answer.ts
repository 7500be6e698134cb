import type { Executor } from '@gatehouse/data';
import type { AuthDeps } from '../deps.ts';
import { findOauthClient } from '../queries/oauth-clients.ts';
import type { Services } from '../services.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { type InjectedRequest, type InjectedResponse, inject } from './inject.ts';
import type { Issuer } from './issuers.ts';
import { readAlong } from './read-ahead.ts';
import type { Renewal } from './renewal.ts';
import { type TokenRequest, withTokenRequest } from './token-request.ts';

type Deps = Pick<AuthDeps, 'database' | 'keyValue' | 'pubSub' | 'logger' | 'metrics' | 'config'> &
  Pick<Services, 'knownClients'>;

/** Carries the answer of a failed request out of its transaction, which rolls back. */
class RolledBack extends Error {
  readonly response: InjectedResponse;
  constructor(response: InjectedResponse) {
    super('the token core failed');
    this.response = response;
  }
}

const requestOf = ({ client }: InjectedRequest): TokenRequest => ({
  client,
  receivedAt: Date.now(),
  subjects: new Map(),
  readAhead: new Map(),
});

/** Without a transaction: what the request names is read along. */
function inNoUnit(
  { database, knownClients }: Deps,
  issuer: Issuer,
  request: InjectedRequest,
  given: Pick<TokenRequest, 'renewal' | 'clientAhead' | 'clientVersion'> = {},
): Promise<InjectedResponse> {
  const tokenRequest: TokenRequest = { ...requestOf(request), ...given };
  const { id: tenantId, policy } = issuer.tenant;
  const scope = {
    run: <T>(query: (db: Executor) => Promise<T>) => query(database.db),
    tenantId,
    knownClients,
  };
  if (request.names)
    readAlong({ ...scope, sessionIdleTtl: policy.sessionIdleSeconds }, tokenRequest, request.names);
  return withTokenRequest(tokenRequest, () => inject(issuer, request));
}

/** A request that changes nothing, or nothing but by one statement. */
export const answerReading = (
  deps: Deps,
  issuer: Issuer,
  request: InjectedRequest,
): Promise<InjectedResponse> => inNoUnit(deps, issuer, request);

/**
 * A token for a client itself. A client that was here before is not read again: its token is stored by one statement with the proof
 * that the client is still what it was. Where it is not, and before any refusal, the client is read and the request answered anew.
 */
export const answerClient =
  (id: string) =>
  async (deps: Deps, issuer: Issuer, request: InjectedRequest): Promise<InjectedResponse> => {
    const { knownClients, database } = deps;
    const { id: tenantId } = issuer.tenant;
    const ask = (client: OauthClient | undefined, given?: Pick<TokenRequest, 'clientVersion'>) =>
      inNoUnit(deps, issuer, request, { clientAhead: { id, client: Promise.resolve(client) }, ...given });
    const known = knownClients.get(tenantId, id);
    if (known) {
      const response = await ask(known, { clientVersion: known.version });
      if (response.status === 200) return response;
    }
    const read = await findOauthClient(database.db, tenantId, id);
    knownClients.keep(tenantId, id, read);
    return ask(read);
  };

/**
 * A refresh: what it reads and what it writes are one statement each, without a transaction around them. What turns out to be more
 * than new tokens is answered anew in a transaction; nothing has been written by then.
 */
export async function answerRenewing(
  deps: Deps,
  issuer: Issuer,
  request: InjectedRequest,
): Promise<InjectedResponse> {
  const renewal: Renewal = { exceeded: false };
  const response = await inNoUnit(deps, issuer, request, { renewal });
  return renewal.exceeded ? answerChanging(deps, issuer, request) : response;
}

/**
 * A request in one transaction. A refusal commits, for it may have revoked something;
 * a failure rolls back, so that a refresh token it used up is good again.
 */
export async function answerChanging(
  deps: Deps,
  issuer: Issuer,
  request: InjectedRequest,
): Promise<InjectedResponse> {
  const tokenRequest = requestOf(request);
  try {
    return await inUnitOfWork(deps, () =>
      withTokenRequest(tokenRequest, async () => {
        const response = await inject(issuer, request);
        if (response.status >= 500) throw new RolledBack(response);
        return response;
      }),
    );
  } catch (error) {
    if (error instanceof RolledBack) return error.response;
    throw error;
  }
}
