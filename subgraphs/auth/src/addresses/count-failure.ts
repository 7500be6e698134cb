import { newId } from '@gatehouse/data';
import { tellAddressBlock } from '@gatehouse/identity';
import { canonicalRange, RangeMap } from '@gatehouse/service-kit';
import type { AuthConfig } from '../config.ts';
import { deriveKey, hmac } from '../oidc/secrets.ts';
import { countBlockedAddresses, putAutomaticBlock } from '../queries/blocked-addresses.ts';
import { beginBlock, countNetworkFailure } from '../queries/network-guard.ts';
import type { Services } from '../services.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { maxBlocks } from './block-input.ts';
import { networksOfAddress } from './network.ts';

/** Failures from a whole site of IPv6 networks block it at so many times the number for one. */
const siteFactor = 4;
/** After so many times the longest block without another, the next one is as short as the first. */
const forgetFactor = 7;

type Failure = {
  tenantId: string;
  ipAddress: string;
  /** Who was tried: a user's id, or what was typed in for one. */
  account: string;
};

/**
 * Counts a failed sign-in or code for the network it came from, and blocks the network when many failed over many accounts:
 * for a while, each time twice as long. Whoever mistypes their own password again and again locks that account only. To be
 * called after the account's rows are locked.
 */
export async function countFailureFrom(
  services: Pick<Services, 'config' | 'pubSub' | 'neverBlocked' | 'logger'>,
  unit: UnitOfWork,
  { tenantId, ipAddress, account }: Failure,
): Promise<void> {
  const { config, neverBlocked } = services;
  if (!canonicalRange(ipAddress) || neverBlocked.find(ipAddress).length > 0) return;
  const networks = networksOfAddress(ipAddress);
  const counted = await countNetworkFailure(unit.tx, [
    tenantId,
    networks,
    tagOf(config, account),
    config.blockWindowSeconds,
    config.blockAccounts,
  ]);
  const due = counted.filter(({ network, failures, accounts }) => {
    const most = network === networks[0] ? config.blockFailures : config.blockFailures * siteFactor;
    return failures >= most && accounts >= config.blockAccounts;
  });
  for (const { network, failures } of due) await block(services, unit, { tenantId, network, failures });
}

async function block(
  services: Pick<Services, 'config' | 'pubSub' | 'logger'>,
  unit: UnitOfWork,
  { tenantId, network, failures }: { tenantId: string; network: string; failures: number },
): Promise<void> {
  const { blockSeconds, blockMaxSeconds } = services.config;
  if ((await countBlockedAddresses(unit.tx, tenantId)) >= maxBlocks) {
    services.logger.warn({ tenantId, network }, 'a network is not blocked: there are too many blocks');
    return;
  }
  const [row] = await beginBlock(unit.tx, [tenantId, network, blockMaxSeconds * forgetFactor]);
  if (!row) return;
  const seconds = Math.min(blockMaxSeconds, blockSeconds * 2 ** Math.min(row.blocks - 1, 30));
  const reason = `${failures} failed sign-ins`;
  const [stored] = await putAutomaticBlock(unit.tx, [newId(), tenantId, network, reason, seconds]);
  if (!stored) return;
  const { id, expires_at: expiresAt } = stored;
  unit.securityEvent({
    tenantId,
    type: 'ADDRESS_BLOCKED',
    userId: null,
    details: { blockedAddressId: id, range: network, reason, expiresAt, automatic: true },
  });
  const block = { id, tenantId, range: network, expiresAt: Date.parse(expiresAt) };
  unit.afterCommit(() => tellAddressBlock(services, { block }));
}

/** Accounts are told apart, not remembered: what was typed in may be a password. */
const tagOf = (config: Pick<AuthConfig, 'secret'>, account: string): string =>
  hmac(deriveKey(config.secret, 'accounts tried'), account.toLowerCase()).slice(0, 12);

/** Ranges that no block holds for, by hand or automatic. */
export function exemptRanges(ranges: readonly string[]): RangeMap<true> {
  const exempt = new RangeMap<true>();
  for (const range of ranges) exempt.add(range, true);
  return exempt;
}
