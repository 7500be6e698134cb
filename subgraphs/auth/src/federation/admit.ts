import { GatehouseError } from '@gatehouse/service-kit';
import {
  FindLoginDocument,
  ProvisionUserDocument,
  SyncProvidedRolesDocument,
} from '../../generated/calls.ts';
import { invalidCredentials } from '../check-password.ts';
import { dropReservation, findLink, reserveLink } from '../queries/linked-accounts.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import type { ExternalIdentity } from './external-identity.ts';

/** Whom a provider has signed in. `byEmail`: who is not linked yet, and is to be, in the transaction of the sign-in. */
export type Admitted = { subject: Subject; how: 'linked' | 'byEmail' | 'new' };

export const notLinked = () =>
  new GatehouseError(
    'ACCOUNT_NOT_LINKED',
    'No account is linked. Sign in another way, and link it in your account.',
  );

/** An account that is being made by another request is left to it for so long. Seconds. */
const makingFor = 60;

/**
 * Decides who somebody is here whom a provider has vouched for: whom they are linked to, else whose confirmed address it
 * trusts the provider with, else a new account if the tenant makes any. Nothing else is taken from an address: whoever may
 * write one into an account elsewhere must not get into one here. ACCOUNT_NOT_LINKED, in one answer whether the address is
 * known or not as long as nobody has verified it; INVALID_CREDENTIALS for an account that may not sign in. Undefined for whom
 * the provider tells no address of, and who may name one; `confirmed`: the address is theirs, by a code of ours.
 */
export async function admit(
  services: Services,
  provider: IdentityProvider,
  identity: ExternalIdentity,
  confirmed = false,
): Promise<Admitted | undefined> {
  const admitted = await whoIs(services, provider, identity, confirmed);
  if (!admitted) return undefined;
  return { ...admitted, subject: await withRoles(services, provider, identity, admitted.subject) };
}

async function whoIs(
  services: Services,
  provider: IdentityProvider,
  identity: ExternalIdentity,
  confirmed: boolean,
): Promise<Admitted | undefined> {
  const { tenantId, id: providerId } = provider;
  const { db } = services.database;
  const link = await findLink(db, { providerId, subject: identity.subject });
  if (link) {
    const subject = await findSubject(services, link.userId);
    if (subject) return { subject: active(tenantId, subject), how: link.linkedAt ? 'linked' : 'new' };
    await dropReservation(db, link, makingFor);
  }
  if (identity.email === null && (await maySignUp(services, provider))) return undefined;
  const email = confirmed ? identity.email : trustedEmail(provider, identity);
  if (!email || (confirmed && !(await maySignUp(services, provider)))) throw notLinked();
  const { findLogin: holder } = await services.call('user', FindLoginDocument, {
    tenantId,
    identifier: email,
  });
  if (holder && !link) {
    // Another request may have made the account since.
    const made = await findLink(db, { providerId, subject: identity.subject });
    if (made?.userId === holder.userId) return { subject: active(tenantId, holder), how: 'new' };
    const above = holder.permissions.some((permission) => !provider.ceiling.includes(permission));
    if (confirmed || !provider.linkByEmail || above || !holder.emailConfirmed || holder.status !== 'ACTIVE') {
      throw notLinked();
    }
    return { subject: active(tenantId, holder), how: 'byEmail' };
  }
  if (!provider.signUp || !isWelcome(provider, email)) throw notLinked();
  return { subject: await signUp(services, provider, identity, email), how: 'new' };
}

/** The address, when the tenant takes the provider's word for it. */
function trustedEmail(
  { emailTrust }: IdentityProvider,
  { email, emailVerified }: ExternalIdentity,
): string | undefined {
  if (!email || emailTrust === 'NEVER') return undefined;
  return emailVerified || emailTrust === 'ALWAYS' ? email : undefined;
}

/** Whether somebody gets an account with an address that only they name: where people register themselves. */
export const maySignUp = async (
  { policies }: Pick<Services, 'policies'>,
  { signUp, tenantId }: IdentityProvider,
): Promise<boolean> => signUp && (await policies.of(tenantId)).selfRegistration;

export function isWelcome({ emailDomains }: IdentityProvider, email: string): boolean {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return emailDomains.length === 0 || emailDomains.includes(domain);
}

/** The same account for all requests that come first, and after a crash: its id is kept before it is made. */
async function signUp(
  services: Services,
  provider: IdentityProvider,
  identity: ExternalIdentity,
  email: string,
): Promise<Subject> {
  const { tenantId, id: providerId } = provider;
  const { subject, account, firstName, lastName } = identity;
  const { db } = services.database;
  const place = await reserveLink(db, { tenantId, providerId, subject, account });
  const { provisionUser: made } = await services.call('user', ProvisionUserDocument, {
    input: {
      userId: place.userId,
      tenantId,
      providerId,
      email,
      firstName,
      lastName,
      role: provider.signUpRole,
      within: provider.ceiling,
      registrationMethod: provider.kind === 'TELEGRAM' ? 'telegram' : 'oauth',
    },
  });
  if (made) return active(tenantId, made);
  // The address was taken in between, or is none of ours.
  await dropReservation(db, place);
  throw notLinked();
}

function active(tenantId: string, subject: Subject): Subject {
  const found = activeIn(tenantId, subject);
  if (!found) throw invalidCredentials();
  return found;
}

/** Gives and takes the roles that the provider manages. */
async function withRoles(
  services: Services,
  provider: IdentityProvider,
  identity: ExternalIdentity,
  subject: Subject,
): Promise<Subject> {
  const { id: providerId, tenantId, claims, roleMappings, ceiling } = provider;
  if (claims.roles === null || roleMappings.length === 0) return subject;
  const managed = [...new Set(roleMappings.map(({ role }) => role))];
  const told = roleMappings.filter(({ value }) => identity.roles.includes(value)).map(({ role }) => role);
  const isSame = managed.every((role) => told.includes(role) === subject.roles.includes(role));
  if (isSame) return subject;
  const { syncProvidedRoles } = await services.call('user', SyncProvidedRolesDocument, {
    input: {
      userId: subject.userId,
      tenantId,
      providerId,
      managed,
      granted: [...new Set(told)],
      within: ceiling,
    },
  });
  return active(tenantId, syncProvidedRoles);
}
