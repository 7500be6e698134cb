import { acrOf } from '@gatehouse/identity';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { findSubject, nameOf, type Subject } from '../subject.ts';
import { isFirstParty } from './client-metadata.ts';
import type { ProviderDeps } from './provider.ts';
import { permissionsWithin } from './scopes.ts';
import { tokenRequest } from './token-request.ts';

/** One question per request and person, however many hooks ask. */
export async function subjectOf(deps: ProviderDeps, userId: string): Promise<Subject | null> {
  const { subjects } = tokenRequest();
  const known = subjects.get(userId);
  if (known !== undefined) return known;
  const subject = await findSubject(deps, userId);
  subjects.set(userId, subject);
  return subject;
}

/**
 * Claims of the ID token and of userinfo; the scopes choose among them. What somebody may do in this product is told to
 * its own clients only.
 */
export const claimsOf = (subject: Subject, tenantId: string, ownClient: boolean) => ({
  sub: subject.userId,
  tenant: tenantId,
  ...(ownClient && { roles: subject.roles, permissions: subject.permissions }),
  name: nameOf(subject),
  given_name: subject.firstName ?? undefined,
  family_name: subject.lastName ?? undefined,
  preferred_username: subject.username ?? undefined,
  locale: subject.locale,
  zoneinfo: subject.timeZone,
  email: subject.email,
  // An administrator who activates an account has proved no mailbox.
  email_verified: subject.emailConfirmed,
});

/** What an access token says beside RFC 9068's own claims. */
export function personClaims(ctx: KoaContextWithOIDC, tenantId: string) {
  const { Account: account, RefreshToken: refreshToken, AuthorizationCode: code } = ctx.oidc.entities;
  const { AccessToken: token, Client: client, DeviceCode: deviceCode } = ctx.oidc.entities;
  const subject = account && tokenRequest().subjects.get(account.accountId);
  if (!subject || !client || !token) throw new Error('an access token without a known person');
  const { exchanged } = tokenRequest();
  const source = exchanged ?? refreshToken ?? code ?? deviceCode;
  return {
    sid: token.sessionUid,
    tenant: tenantId,
    ...(isFirstParty(client) && { roles: subject.roles }),
    permissions: permissionsWithin(client, token.scope, subject.permissions),
    amr: source?.amr,
    acr: source?.amr && acrOf(source.amr),
    auth_time: source?.authTime,
    ...(exchanged && { act: exchanged.act }),
  };
}
