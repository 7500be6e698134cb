import { requiredFrom } from '../mfa/requirement.ts';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import { findLink } from '../queries/linked-accounts.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject } from '../subject.ts';

type Token = { providerId: string; tenantId: string; subject: string; amr: string[] };

/**
 * Whom an access token of a provider, which the gateway has verified, stands for at this moment. Null when the provider is off,
 * nobody is linked, or the account has to show a second factor that the token tells nothing of: a token is no way round it.
 */
export async function providedPrincipal(services: Services, token: Token) {
  const { db } = services.database;
  const { providerId, tenantId, subject: externalSubject } = token;
  const provider = await findIdentityProvider(db, tenantId, providerId);
  if (!provider?.enabled || !provider.acceptTokens) return null;
  const link = await findLink(db, { providerId, subject: externalSubject });
  if (!link?.linkedAt) return null;
  const subject = activeIn(tenantId, await findSubject(services, link.userId));
  if (!subject) return null;
  const secondFactor = (await findActiveFactors(db, subject)).length > 0;
  const proved = provider.trustMfa && token.amr.includes('mfa');
  if (!proved) {
    if (secondFactor) return null;
    const deadline = await requiredFrom(db, subject);
    if (deadline !== null && deadline <= new Date()) return null;
  }
  const { userId, roles, permissions } = subject;
  return { userId, tenantId, roles, permissions, secondFactor };
}
