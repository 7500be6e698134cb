import { returnPathOf } from '../reports/report-id.ts';

/**
 * Where a mail is sent back to when it can't be delivered: a place of its own below the return path. A sender of another domain keeps its own
 * address, since SPF speaks of the envelope sender, and DMARC asks for the domain that the mail comes from (RFC 7489, 3.1.2).
 */
export function envelopeSenderOf(from: string, returnPath: string | null, reportId: string): string {
  return returnPath && areAligned(from, returnPath) ? returnPathOf(returnPath, reportId) : from;
}

/** Whether the domain of one address is that of the other, or lies below it. */
export function areAligned(first: string, second: string): boolean {
  const [one, other] = [domainOf(first), domainOf(second)];
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
