import { canonicalRange } from '@gatehouse/service-kit';

/** What stands for one holder of addresses: an IPv4 address, a /64 of IPv6. */
const ofOne = { ipv4: 32, ipv6: 64 };
/** What providers hand out to a site at the most. */
const ofSite = { ipv4: 32, ipv6: 48 };

/** The network of whoever has an address, in canonical CIDR notation; empty when the address is not known. */
export const networkOfAddress = (ipAddress: string): string => canonicalRange(ipAddress, ofOne) ?? '';

/** The same, and the site around it: who has a /48 has 65,536 networks to come from. */
export const networksOfAddress = (ipAddress: string): string[] => [
  ...new Set([canonicalRange(ipAddress, ofOne) ?? '', canonicalRange(ipAddress, ofSite) ?? '']),
];
