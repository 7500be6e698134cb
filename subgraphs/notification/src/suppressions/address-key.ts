import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';

/** An address whatever its case and however an international domain is spelt. */
export function addressKeyOf(address: string): string {
  const text = address.trim().normalize('NFC');
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  return `${text.slice(0, at + 1)}${domainToASCII(domain) || domain}`.toLowerCase();
}

/** What the suppression list knows an address by: it is found with it, and not read from it. */
export const addressHash = (tenantId: string, address: string): string =>
  createHash('sha256')
    .update(`${tenantId}\n${addressKeyOf(address)}`)
    .digest('hex');
