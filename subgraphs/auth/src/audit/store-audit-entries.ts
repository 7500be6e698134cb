import { newId, type Tx } from '@gatehouse/data';
import type { AuthConfig } from '../config.ts';
import { type AuditHead, appendAuditEntries, lockAuditHead } from '../queries/audit-entries.ts';
import type { AuditEntryRow } from '../tables/audit-entry.ts';
import { hashOf, type NewAuditEntry } from './audit-entry.ts';
import { createSeal } from './audit-keys.ts';

/**
 * Appends entries as the last statements of a transaction. The head of each log stays locked until the commit, so positions
 * are gapless, and their order is the order of the commits.
 */
export async function storeAuditEntries(
  tx: Tx,
  config: Pick<AuthConfig, 'secret'>,
  entries: readonly NewAuditEntry[],
): Promise<void> {
  const { seal } = createSeal(config);
  const byTenant = Map.groupBy(entries, ({ tenantId }) => tenantId);
  // In the order of the tenant ids: two transactions can't wait for each other.
  for (const [tenantId, own] of [...byTenant].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const rows = chain(await lockAuditHead(tx, tenantId), own, seal);
    const [first, ...others] = rows;
    if (first) await appendAuditEntries(tx, [first, ...others]);
  }
}

/** The entries in line behind the newest one. */
function chain(
  head: AuditHead,
  entries: readonly NewAuditEntry[],
  seal: (hash: string) => string,
): AuditEntryRow[] {
  let { position, hash: previousHash } = head;
  return entries.map((entry) => {
    position++;
    const unsealed = { occurredAt: new Date(), ...entry, id: newId(), position, previousHash };
    const hash = hashOf(unsealed);
    previousHash = hash;
    return { ...unsealed, hash, seal: seal(hash) };
  });
}
