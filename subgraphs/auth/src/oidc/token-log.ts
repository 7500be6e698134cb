import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type AccessTokenRecord, storeAccessToken } from '../queries/artifacts.ts';
import { inCurrentUnit } from '../unit-of-work.ts';
import { permissionsOf } from './client-metadata.ts';
import type { ProviderDeps } from './provider.ts';
import { currentRenewal, gather } from './renewal.ts';
import { personScopes } from './scopes.ts';
import { deriveKey, hmac, sha256 } from './secrets.ts';
import { tokenRequest } from './token-request.ts';

type Customizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>;

/**
 * The id under which an access token is stored. Not its `jti`: that is told in clear, and what oidc-provider finds by an
 * id it takes for a token.
 */
export const storedIdOf = ({ config }: Pick<ProviderDeps, 'config'>, jti: string): string =>
  hmac(idKeyOf(config), jti);

const idKeys = new WeakMap<ProviderDeps['config'], KeyObject>();

/** Derived once: it takes longer than all that is done with it for a token. */
function idKeyOf(config: ProviderDeps['config']): KeyObject {
  const known = idKeys.get(config);
  if (known) return known;
  const key = createSecretKey(deriveKey(config.secret, 'access token ids'));
  idKeys.set(config, key);
  return key;
}

/** A client that asks for a scope gets it or is refused (RFC 6749 §5.2), never something else instead. */
function refuseUnknownScopes(ctx: KoaContextWithOIDC, permissions: readonly string[]): void {
  const requested = String(ctx.oidc.params?.scope ?? '')
    .split(' ')
    .filter(Boolean);
  const missing = requested.find((scope) => !permissions.includes(scope));
  if (missing) throw new errors.InvalidScope('requested scope is not granted to this client', missing);
}

/** What an access token may be used for, told in its `scope`: the granted scopes and the permissions of the moment. */
function scopeOf(token: Parameters<Customizer>[1], permissions: readonly string[]): string | undefined {
  const granted = token.scope?.split(' ') ?? [];
  if (token.kind === 'AccessToken') {
    const openid = granted.filter((scope) => personScopes.split(' ').includes(scope));
    return [...openid, ...permissions].join(' ');
  }
  return (granted.length > 0 ? granted : permissions).join(' ') || undefined;
}

/**
 * Runs for every JWT access token before it is signed: stores it, so that it can be introspected and revoked, and writes
 * it to the token store, in the transaction of the request.
 */
export const logToken =
  (deps: ProviderDeps, tenantId: string): Customizer =>
  async (ctx, token, jwt) => {
    const { client } = token;
    const extra = (token.extra ?? {}) as { permissions?: string[] };
    const permissions = extra.permissions ?? (client ? permissionsOf(client) : []);
    if (token.kind === 'ClientCredentials') refuseUnknownScopes(ctx, permissions);
    token.scope = scopeOf(token, permissions);
    if (jwt.payload) jwt.payload.scope = token.scope;

    const expiresIn = token.remainingTTL;
    const issuedAt = Math.floor(Date.now() / 1000);
    const person = token.kind === 'AccessToken' ? token : undefined;
    const stored = {
      iat: issuedAt,
      exp: issuedAt + expiresIn,
      kind: token.kind,
      clientId: token.clientId,
      aud: token.aud,
      scope: token.scope,
      extra: token.extra,
      ...(token.jkt && { jkt: token.jkt }),
      ...(person && {
        accountId: person.accountId,
        grantId: person.grantId,
        gty: person.gty,
        sessionUid: person.sessionUid,
        sid: person.sid,
        expiresWithSession: person.expiresWithSession,
      }),
    };
    const record: AccessTokenRecord = {
      tenantId,
      kind: token.kind,
      id: sha256(storedIdOf(deps, token.jti)),
      payload: stored,
      accountId: person?.accountId ?? null,
      clientId: token.clientId ?? null,
      grantId: person?.grantId ?? null,
      sessionUid: person?.sessionUid ?? null,
      expiresIn,
      grantType: person?.gty ?? 'client_credentials',
      logKind: person ? 'access' : 'client',
      scope: token.scope ?? null,
    };
    const renewal = currentRenewal();
    if (renewal) return gather(renewal, { accessToken: record });
    const { client: caller, clientVersion } = tokenRequest();
    const isStored = await inCurrentUnit(deps, (db) =>
      storeAccessToken(db, record, caller.ipAddress || null, clientVersion),
    );
    if (!isStored) throw new errors.InvalidClient('the client has changed');
  };
