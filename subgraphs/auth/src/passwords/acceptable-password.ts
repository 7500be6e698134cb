import { badInput, type FieldProblem } from '@gatehouse/service-kit';
import type { LoginPolicy } from '../policies/login-policy.ts';
import { findPasswordHash } from '../queries/credentials.ts';
import { findFormerHashes } from '../queries/password-history.ts';
import type { Services } from '../services.ts';
import { type AboutPerson, isAboutPerson } from './about-person.ts';
import { isBreached } from './breached.ts';
import { readPassword } from './password-rules.ts';

export type PasswordProblem = FieldProblem & {
  reason: 'too_common' | 'about_you' | 'used_before' | 'breached';
};

type Chosen = {
  policy: LoginPolicy;
  password: string;
  /** Of the input field. */
  path: string;
  about: AboutPerson;
  /** Whose former passwords it is held against; nobody's for a first one. */
  owner?: { tenantId: string; userId: string };
};

/**
 * The password in the form it is hashed in, when the tenant's policy lets it be chosen: BAD_USER_INPUT, whose field says a
 * `reason`, otherwise. Only for who has proved to be the owner: the answer tells of former passwords.
 */
export async function acceptablePassword(
  services: Pick<Services, 'database' | 'passwords' | 'outgoing' | 'logger'>,
  { policy, password, path, about, owner }: Chosen,
): Promise<string> {
  const normalised = readPassword(policy, password, path);
  const refuse = (reason: PasswordProblem['reason'], message: string) => badInput({ path, message, reason });
  if (policy.refuseCommonPasswords) {
    if (isAboutPerson(normalised, about)) throw refuse('about_you', 'is what others know about you');
    if (await services.passwords.isCommon(normalised))
      throw refuse('too_common', 'is one that everybody tries first');
  }
  if (owner && policy.passwordHistory > 0 && (await wasUsedBefore(services, policy, normalised, owner)))
    throw refuse('used_before', `must differ from the last ${policy.passwordHistory}`);
  const { breachedPasswordsUrl: url } = policy;
  if (url && (await isBreached(services, url, normalised)))
    throw refuse('breached', 'is known from a breach of another service');
  return normalised;
}

async function wasUsedBefore(
  { database, passwords }: Pick<Services, 'database' | 'passwords'>,
  { passwordHistory }: LoginPolicy,
  password: string,
  owner: { tenantId: string; userId: string },
): Promise<boolean> {
  const [current] = await findPasswordHash(database.db, [owner.tenantId, owner.userId]);
  const former = await findFormerHashes(database.db, owner, passwordHistory - (current ? 1 : 0));
  const hashes = [...(current ? [current.password_hash] : []), ...former];
  return (await Promise.all(hashes.map((hash) => passwords.compare(password, hash)))).includes(true);
}
