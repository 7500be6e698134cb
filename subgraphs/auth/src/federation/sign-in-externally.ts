import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { invalidCredentials } from '../check-password.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { ensureCredential, lockCredential } from '../queries/credentials.ts';
import { insertLink, useLink } from '../queries/linked-accounts.ts';
import type { Services } from '../services.ts';
import { type LoginResult, signIn } from '../sessions/sign-in.ts';
import type { Subject } from '../subject.ts';
import type { ExternalSession } from '../tables/external-session.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { type Admitted, admit } from './admit.ts';
import type { ExternalIdentity } from './external-identity.ts';
import { type EmailRequired, startSignUp } from './external-sign-up.ts';
import { traits } from './kinds.ts';
import { tellOfLink } from './tell-of-link.ts';

/** How a provider's sign-in is called in `amr` and in events. */
export function methodOf({ kind }: Pick<IdentityProvider, 'kind'>): 'telegram' | 'sso' | 'oauth' {
  if (kind === 'TELEGRAM') return 'telegram';
  return traits[kind].protocol === 'openid' && kind !== 'GOOGLE' ? 'sso' : 'oauth';
}

/** What the sign-in has proved: a second factor there counts when the tenant says so. */
export const amrOf = (provider: IdentityProvider, { amr }: ExternalIdentity): string[] => [
  methodOf(provider),
  ...(provider.trustMfa && amr.includes('mfa') ? ['mfa'] : []),
];

/** What is kept of a browser's sign-in, to sign it out there. */
export const externalSessionOf = (
  { id: providerId }: IdentityProvider,
  { idTokenJwe }: ExternalIdentity,
): ExternalSession | undefined => (idTokenJwe === undefined ? undefined : { providerId, idTokenJwe });

/**
 * Signs somebody in whom a provider has vouched for: the same second step as after a password. Who is new, and of whom no address is
 * told, has to name one first. ACCOUNT_NOT_LINKED, INVALID_CREDENTIALS.
 */
export async function signInExternally(
  services: Services,
  login: {
    issuer: Issuer;
    provider: IdentityProvider;
    identity: ExternalIdentity;
    client: ClientInfo;
    deviceToken?: string | undefined;
    /** Whether a code of ours has confirmed the address. */
    confirmed?: boolean;
  },
): Promise<LoginResult | EmailRequired> {
  const { provider, identity, client } = login;
  const admitted = await admit(services, provider, identity, login.confirmed);
  if (!admitted) return startSignUp(services, provider, identity);
  return inUnitOfWork(services, async (unit) => {
    const { subject } = admitted;
    await lockAccount(unit, subject);
    const result = await signIn(services, unit, {
      ...login,
      subject,
      amr: amrOf(provider, identity),
      external: externalSessionOf(provider, identity),
    });
    await takeIn(unit, provider, identity, admitted, client);
    return result;
  });
}

/** Puts the sign-in in line with whatever else decides about the account; to be called first. */
export async function lockAccount(unit: UnitOfWork, { userId, tenantId }: Subject): Promise<void> {
  await ensureCredential(unit.tx, { tenantId, userId });
  await lockCredential(unit.tx, [tenantId, userId]);
}

/**
 * Notes the use of the link, and makes it for who has none: in the transaction that signs them in, and when nothing has
 * refused them. INVALID_CREDENTIALS when it is gone meanwhile.
 */
export async function takeIn(
  unit: UnitOfWork,
  provider: IdentityProvider,
  { subject: externalSubject, account, scopes }: ExternalIdentity,
  { subject, how }: Admitted,
  client: ClientInfo,
): Promise<void> {
  const { userId, tenantId } = subject;
  const where = { providerId: provider.id, subject: externalSubject, userId, account };
  if (how === 'byEmail') await insertLink(unit.tx, { tenantId, ...where });
  // Unlinked, or linked to somebody else, since it was looked up.
  const used = await useLink(unit.tx, where);
  if (!used) throw invalidCredentials();
  if (how === 'byEmail') {
    await tellOfLink(unit, { subject, provider, externalSubject, account, scopes, client, mail: true });
  } else if (used.isNew) {
    await tellOfLink(unit, { subject, provider, externalSubject, account, scopes, client, mail: false });
  }
}
