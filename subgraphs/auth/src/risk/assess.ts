import { canonicalRange } from '@gatehouse/service-kit';
import type { AddressLists } from './address-lists.ts';
import type { Geoip } from './geoip.ts';
import { type Risk, type RiskReason, riskReasons } from './risk.ts';
import type { RiskPolicy } from './risk-policy.ts';
import { isImpossible } from './travel.ts';

/** What is known of the account's sign-ins and of the network. */
export type SignInHistory = {
  /** The newest first. */
  places: { network: string; device: string; ipAddress: string; lastSeenAt: number }[];
  /** What failed lately from the network, whatever the accounts. */
  networkFailures: number;
};

export type SignInAttempt = {
  ipAddress: string;
  network: string;
  device: string;
  /** Shows a device that is remembered. */
  remembered: boolean;
  /** Failed attempts at the account before this one. */
  accountFailures: number;
};

const accountFailuresFrom = 3;
const networkFailuresFrom = 10;
/** Nearby networks of one provider: people's addresses change within them. */
const nearby = { ipv4: 24, ipv6: 48 };

/** How a sign-in differs from those before it. An account's first one differs from nothing. */
export function assess(
  { geoip, listed }: { geoip: Geoip; listed: AddressLists },
  policy: Pick<RiskPolicy, 'weights'>,
  attempt: SignInAttempt,
  history: SignInHistory,
): Risk {
  const { places, networkFailures } = history;
  const { ipAddress } = attempt;
  const place = geoip.placeOf(ipAddress);
  const near = canonicalRange(ipAddress, nearby);
  const holds: Record<RiskReason, () => boolean> = {
    NEW_DEVICE: () =>
      places.length > 0 && !attempt.remembered && !places.some(({ device }) => device === attempt.device),
    NEW_NETWORK: () =>
      places.length > 0 &&
      !places.some(
        (one) =>
          one.network === attempt.network ||
          (near !== undefined && canonicalRange(one.ipAddress, nearby) === near) ||
          (place?.asn != null && geoip.placeOf(one.ipAddress)?.asn === place.asn),
      ),
    ACCOUNT_FAILURES: () => attempt.accountFailures >= accountFailuresFrom,
    NETWORK_FAILURES: () => networkFailures >= networkFailuresFrom,
    IMPOSSIBLE_TRAVEL: () => {
      const [last] = places;
      const before = last && geoip.placeOf(last.ipAddress);
      if (!last || !before || !place || last.network === attempt.network) return false;
      return isImpossible(before, place, (Date.now() - last.lastSeenAt) / 1000);
    },
    LISTED_ADDRESS: () => listed.has(ipAddress),
  };
  const reasons = riskReasons.filter((reason) => policy.weights[reason] > 0 && holds[reason]());
  const sum = reasons.reduce((total, reason) => total + policy.weights[reason], 0);
  return { score: Math.min(100, sum), reasons };
}
