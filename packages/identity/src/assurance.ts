import { GatehouseError } from '@gatehouse/service-kit';
import type { Principal, UserPrincipal } from './principal.ts';

/**
 * How far an authentication can be trusted, as tokens tell it (`acr`: OpenID Connect Core § 2, RFC 9068 § 2.2.1; an
 * absolute URI).
 */
export const acrs = {
  singleFactor: 'urn:gatehouse:acr:single-factor',
  multiFactor: 'urn:gatehouse:acr:multi-factor',
} as const;

/** `mfa` (RFC 8176 § 2) stands for two factors or more. */
export const acrOf = (amr: readonly string[]): string =>
  amr.includes('mfa') ? acrs.multiFactor : acrs.singleFactor;

/** How long an authentication counts as recent. Seconds. */
export const recentFor = 900;

/**
 * Refuses what a stolen session must not be enough for: STEP_UP_REQUIRED, with `maxAge` and `acr` as the authentication
 * has to be, unless the person authenticated a moment ago, with a second factor. Asks nothing of accounts without one,
 * unless `always`, nor of clients and API keys, behind whom nobody sits; making either has asked it of a person.
 */
export function requireRecent(principal: Principal, options: { always?: boolean } = {}): void {
  if (principal.kind !== 'user') return;
  if (!principal.secondFactor && !options.always) return;
  if (isRecent(principal)) return;
  throw new GatehouseError('STEP_UP_REQUIRED', 'Authenticate again first.', {
    maxAge: recentFor,
    acr: principal.secondFactor ? acrs.multiFactor : acrs.singleFactor,
  });
}

function isRecent({ authTime, amr, secondFactor }: UserPrincipal): boolean {
  if (secondFactor && acrOf(amr) !== acrs.multiFactor) return false;
  return Date.now() / 1000 - authTime <= recentFor;
}
