import { newId } from '@gatehouse/data';
import { badInput, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { invalidCode } from '../codes/one-time-code.ts';
import { emailInput } from '../codes/request-mail.ts';
import { limitMails, limitMailsOf } from '../limits/limit-mails.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { findSignUp, putSignUpEmail, type SignUpKey } from '../queries/external-sign-ups.ts';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { isWelcome, maySignUp, notLinked } from './admit.ts';

const input = z.object({ signUpId: z.string().max(512), email: emailInput });
const emailOnly = z.object({ email: emailInput });

export type SignUpCodeSent = { email: string; codeExpiresAt: Date };

/** As `requestSignUpCodeFor`, for who holds the id. */
export async function requestSignUpCode(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<SignUpCodeSent> {
  const { signUpId, ...given } = readInput(input, request);
  const { id: tenantId } = await services.tenants.ofHost(client.host);
  services.addressBlocks.refuse(tenantId, client.ipAddress);
  return requestSignUpCodeFor(services, { tenantId, idHash: sha256(signUpId) }, given, client);
}

/**
 * Takes the address that somebody wants an account with, in place of one named before. The answer and its work are the same for a
 * free and a taken one; whose it is is looked at afterwards, by the reaction that mails. INVALID_CODE when the sign-up is over;
 * BAD_USER_INPUT for an address that the provider signs nobody up with; ACCOUNT_NOT_LINKED where nobody signs up any more;
 * RATE_LIMITED.
 */
export async function requestSignUpCodeFor(
  services: Services,
  key: SignUpKey,
  request: unknown,
  client: ClientInfo,
): Promise<SignUpCodeSent> {
  const { email } = readInput(emailOnly, request);
  const { tenantId } = key;
  const { db } = services.database;
  const signUp = await findSignUp(db, key);
  const provider = signUp && (await findIdentityProvider(db, tenantId, signUp.providerId));
  if (!signUp || !provider?.enabled) throw invalidCode();
  if (!(await maySignUp(services, provider))) throw notLinked();
  if (!isWelcome(provider, email)) throw badInput({ path: 'email', message: 'can not be used here' });
  await limitMailsOf(services, `sign-up:by:${signUp.idHash}`, services.config.mailsPerAddress);
  await limitMails(services, { kind: 'sign-up', tenantId, email, client });
  const requestId = newId();
  await inUnitOfWork(services, async (unit) => {
    if (!(await putSignUpEmail(unit.tx, key, { email, requestId }))) throw invalidCode();
    const { ipAddress } = originOf(client);
    await unit.event('auth.sign_up_code_requested', tenantId, requestId, { requestId, ipAddress });
  });
  return { email, codeExpiresAt: signUp.expiresAt };
}
