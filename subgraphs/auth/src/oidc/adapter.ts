import type { Executor } from '@gatehouse/data';
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import type { AuthDeps } from '../deps.ts';
import {
  type Artifact,
  consumeArtifact,
  deleteArtifact,
  deleteArtifactsOfGrant,
  findArtifact,
  findArtifactByUserCode,
  findOpenSession,
  insertArtifact,
  upsertArtifact,
  valuesOf,
} from '../queries/artifacts.ts';
import { findOauthClient } from '../queries/oauth-clients.ts';
import { lockSession } from '../queries/sessions.ts';
import { currentUnit, inCurrentUnit } from '../unit-of-work.ts';
import { clientMetadata } from './client-metadata.ts';
import type { Issuer } from './issuers.ts';
import { isToken, readGrant, readSession, readToken, takeClient } from './read-ahead.ts';
import { currentRenewal, gather } from './renewal.ts';
import { sha256 } from './secrets.ts';
import { lookupFor } from './structured-tokens.ts';
import { tokenRequest } from './token-request.ts';

/** Who knows the id of one of these has no right by it, and oidc-provider must get the real id back from other lookups. */
const plainIds = new Set(['Session', 'DeviceCode', 'Interaction', 'Grant']);
const noExpiry = 100 * 365 * 86_400;
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Everything oidc-provider stores for one tenant, on one table; inside the transaction of the request. */
export function createAdapter(
  deps: Pick<AuthDeps, 'database' | 'config'>,
  issuer: Pick<Issuer, 'tenant' | 'publicKeys'>,
): (kind: string) => Adapter {
  const tenantId = issuer.tenant.id;
  return (kind) => {
    if (kind === 'Client') return clientAdapter(deps, tenantId);
    const idOf = (id: string) => (plainIds.has(kind) ? id : sha256(id));
    const run = <T>(query: (db: Executor) => Promise<T>) => inCurrentUnit(deps, query);
    const scope = () => ({ run, tenantId, sessionIdleTtl: issuer.tenant.policy.sessionIdleSeconds });
    const find = async (id: string) => {
      if (isToken(kind)) return readToken(scope(), kind, id);
      if (kind === 'Grant') return readGrant(scope(), id);
      return (await run((db) => findArtifact(db, [tenantId, kind, id])))[0];
    };

    const payloadOf = (
      row: { payload: Record<string, unknown>; consumed_ms: string | null } | undefined,
    ): AdapterPayload | undefined =>
      row && {
        ...row.payload,
        ...(row.consumed_ms === null ? {} : { consumed: Math.floor(Number(row.consumed_ms) / 1000) }),
      };

    /** Whether the session of a browser that signed in has neither ended nor run out. */
    const stands = async ({ accountId, uid }: Record<string, unknown>): Promise<boolean> => {
      if (accountId === undefined) return true;
      if (!uuidShape.test(String(uid))) return false;
      const open = await run((db) =>
        findOpenSession(db, [tenantId, uid, issuer.tenant.policy.sessionIdleSeconds]),
      );
      return open.length > 0;
    };

    return {
      async upsert(id, payload, expiresIn) {
        const { jti: _, ...stored } = payload;
        const artifact: Artifact = {
          tenantId,
          kind,
          id: idOf(id),
          payload: plainIds.has(kind) ? payload : stored,
          accountId: payload.accountId ?? null,
          clientId: payload.clientId ?? null,
          grantId: kind === 'Grant' ? id : (payload.grantId ?? null),
          sessionUid: kind === 'Session' ? (payload.uid ?? null) : (payload.sessionUid ?? null),
          userCode: payload.userCode ?? null,
          expiresIn: expiresIn ?? noExpiry,
        };
        const renewal = currentRenewal();
        if (renewal) return gather(renewal, kind === 'RefreshToken' ? { refreshToken: artifact } : {});
        if (kind !== 'ReplayDetection') {
          await run((db) => upsertArtifact(db, valuesOf(artifact)));
          return;
        }
        const [inserted] = await run((db) => insertArtifact(db, valuesOf(artifact)));
        if (!inserted) throw new errors.InvalidRequest('replay detected');
      },
      async find(id) {
        // Userinfo is shown a JWT, and holds the proof of possession (RFC 9449 §4.2, `ath`) against that very text.
        const stored = kind === 'AccessToken' ? await lookupFor(deps, issuer, id) : id;
        let row = await find(idOf(stored));
        // A browser's session is read, changed and stored whole: two applications at once must not lose one another's.
        if (kind === 'Session' && row?.payload.accountId !== undefined && currentUnit()) {
          const { uid } = row.payload;
          await run((db) => lockSession(db, [uid, tenantId]));
          row = await find(idOf(stored));
        }
        if (!row) return undefined;
        if (kind === 'Session' && !(await stands(row.payload))) return undefined;
        if (kind === 'RefreshToken' && row.consumed_ms !== null) refuseRetry(deps, row);
        // Before the token itself is changed: whoever ends a session has it first, too.
        const { sessionUid } = row.payload;
        if (kind === 'RefreshToken' && sessionUid && currentUnit())
          await run((db) => lockSession(db, [sessionUid, tenantId]));
        const payload = { ...payloadOf(row), jti: id };
        // The audience of our access tokens is our own API; userinfo is part of it.
        if (kind === 'AccessToken' && Provider.ctx?.oidc.route === 'userinfo') delete payload.aud;
        return payload;
      },
      async findByUid(uid) {
        if (!uuidShape.test(uid)) return undefined;
        return payloadOf(await readSession(scope(), uid));
      },
      async findByUserCode(userCode) {
        const [row] = await run((db) => findArtifactByUserCode(db, [tenantId, kind, userCode]));
        return payloadOf(row);
      },
      async consume(id) {
        const renewal = currentRenewal();
        if (renewal) return gather(renewal, kind === 'RefreshToken' ? { used: idOf(id) } : {});
        const [consumed] = await run((db) =>
          consumeArtifact(db, [tenantId, kind, idOf(id), tokenRequest().client.ipAddress]),
        );
        if (consumed) return;
        const reason = 'used by a parallel request';
        throw kind === 'PushedAuthorizationRequest'
          ? new errors.InvalidRequestUri(reason)
          : new errors.InvalidGrant(reason);
      },
      async destroy(id) {
        const renewal = currentRenewal();
        if (renewal) return gather(renewal);
        await run((db) => deleteArtifact(db, [tenantId, kind, idOf(id)]));
      },
      async revokeByGrantId(grantId) {
        const renewal = currentRenewal();
        if (renewal) return gather(renewal);
        const deleted = await run((db) => deleteArtifactsOfGrant(db, [tenantId, kind, grantId]));
        if (kind !== 'AccessToken') return;
        // The gateways may know these tokens: they ask again.
        const told = new Map(deleted.map((row) => [row.session_uid, row]));
        for (const { account_id: userId, session_uid: sessionId } of told.values()) {
          if (userId && sessionId) currentUnit()?.revoke({ userId, sessionId, ended: false });
        }
      },
    };
  };
}

/**
 * A used refresh token that came in again within the grace and from the address that used it is a client that lost the
 * answer or asked twice at once: refused, and nothing else. Later, or from elsewhere, it is reuse, which oidc-provider
 * answers by revoking.
 */
function refuseRetry(
  deps: Pick<AuthDeps, 'config'>,
  row: { consumed_ms: string | null; consumed_by: string | null },
): void {
  if (Provider.ctx?.oidc.route !== 'token') return;
  const { receivedAt, client } = tokenRequest();
  const age = receivedAt - Number(row.consumed_ms);
  if (age <= deps.config.refreshGrace * 1000 && row.consumed_by === client.ipAddress) {
    throw new errors.InvalidGrant('used a moment ago');
  }
}

/** Clients have a table of their own, written by createClient and deleteClient only. */
function clientAdapter(deps: Pick<AuthDeps, 'database'>, tenantId: string): Adapter {
  const none = async () => undefined;
  return {
    async find(id) {
      const client = await (takeClient(id) ?? inCurrentUnit(deps, (db) => findOauthClient(db, tenantId, id)));
      return client && clientMetadata(client);
    },
    upsert: none,
    findByUid: none,
    findByUserCode: none,
    consume: none,
    destroy: none,
    revokeByGrantId: none,
  };
}
