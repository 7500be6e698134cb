import { acrOf, acrs } from '@gatehouse/identity';
import { lacksRequired } from '../mfa/requirement.ts';
import type { Subject } from '../subject.ts';
import { inCurrentUnit } from '../unit-of-work.ts';
import type { HomeTenant } from './issuers.ts';
import type { ProviderDeps } from './provider.ts';

/**
 * Whether a sign-in with one factor, of a browser or behind a token, is no longer gone on with: since then its account has come
 * to need a second one, and has none. Where nobody needs one, nothing is asked.
 */
export async function mustEnrol(
  deps: ProviderDeps,
  tenant: HomeTenant,
  subject: Subject,
  signIn: object | undefined,
): Promise<boolean> {
  if (!tenant.policy.secondFactorRequired) return false;
  // Of access tokens it is among their own claims.
  const { amr, extra } = (signIn ?? {}) as { amr?: string[]; extra?: { amr?: string[] } };
  if (acrOf(amr ?? extra?.amr ?? []) === acrs.multiFactor) return false;
  return inCurrentUnit(deps, (db) => lacksRequired(db, subject));
}
