import type { Principal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { originOf } from '../origin.ts';
import type { Subject } from '../subject.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

/** Says that an account at a provider can sign in as somebody from now on. */
export async function tellOfLink(
  unit: UnitOfWork,
  link: {
    subject: Pick<Subject, 'userId' | 'tenantId'>;
    provider: IdentityProvider;
    externalSubject: string;
    account: string | null;
    scopes: string[];
    client: ClientInfo;
    /** Who has just got an account by it needs no warning. */
    mail: boolean;
    by?: Principal;
  },
): Promise<void> {
  const { provider, externalSubject, account, scopes, by } = link;
  const { userId, tenantId } = link.subject;
  const origin = originOf(link.client);
  if (provider.kind === 'TELEGRAM') {
    await unit.event('user.telegram_linked', tenantId, userId, {
      userId,
      telegramId: externalSubject,
      telegramUsername: account,
    });
  } else {
    await unit.event('user.oauth_connected', tenantId, userId, {
      userId,
      provider: providerName(provider),
      providerUserId: externalSubject,
      scopes,
    });
  }
  unit.securityEvent({
    tenantId,
    type: 'ACCOUNT_LINKED',
    userId,
    origin,
    details: { provider: provider.name, kind: provider.kind, providerId: provider.id },
    ...(by && { by }),
  });
  if (!link.mail) return;
  const { ipAddress } = origin;
  await unit.event('auth.account_linked', tenantId, userId, {
    userId,
    provider: provider.name,
    account,
    ipAddress,
  });
}

/** What events call a provider: social ones by the name everybody knows. */
const providerName = ({ kind, name }: IdentityProvider): string =>
  (({ GOOGLE: 'google', GITHUB: 'github', X: 'twitter' }) as Record<string, string>)[kind] ?? name;
