import { type Revocation, revoke } from '@gatehouse/identity';
import type { AuthDeps } from '../deps.ts';

const firstPauseMs = 100;
const longestPauseMs = 2_000;
/** As long as anything that was cached before the change is believed: five minutes in the shared cache, half a minute in a gateway. */
const worthwhileMs = 330_000;

/**
 * Tells the gateways of a committed change. When that fails it throws, and the change is told again in the background until it arrives:
 * the cache may be out of reach for this process only.
 */
export async function revokeInTheEnd(
  deps: Pick<AuthDeps, 'keyValue' | 'pubSub' | 'logger'>,
  revocation: Revocation,
): Promise<void> {
  try {
    await revoke(deps, revocation);
  } catch (error) {
    const until = Date.now() + worthwhileMs;
    again(firstPauseMs);
    throw error;

    function again(pauseMs: number): void {
      setTimeout(() => {
        revoke(deps, revocation).then(
          () => deps.logger.info({ userId: revocation.userId }, 'a revocation was told after all'),
          () => Date.now() < until && again(Math.min(pauseMs * 2, longestPauseMs)),
        );
      }, pauseMs).unref();
    }
  }
}
