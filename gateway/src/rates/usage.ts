import type { Policy } from './policies.ts';
import type { Count } from './store.ts';

/** One policy as it stands for a request. */
export type Usage = { policy: Policy; count: Count };

/** Seconds until the window begins anew; never none, so that nobody comes back too early. */
export const secondsUntil = ({ resetMs }: Count): number => Math.max(1, Math.ceil(resetMs / 1000));

/** The RateLimit-Policy field (draft-ietf-httpapi-ratelimit-headers-10, §3). */
export function rateLimitPolicy(usages: readonly Usage[]): string {
  if (usages.length !== lastUsages.length) return declare(usages);
  for (let i = 0; i < usages.length; i++) {
    if (usages[i]?.policy !== lastUsages[i]?.policy) return declare(usages);
  }
  return lastText;
}

/** Nearly all requests meet the same policies. */
let lastUsages: readonly Usage[] = [];
let lastText = '';

function declare(usages: readonly Usage[]): string {
  lastUsages = usages;
  lastText = usages.map(({ policy }) => policy.declared).join(', ');
  return lastText;
}

/** The RateLimit field (draft-ietf-httpapi-ratelimit-headers-10, §4): what remains, and until when. */
export function rateLimit(usages: readonly Usage[]): string {
  let text = '';
  for (let i = 0; i < usages.length; i++) {
    const { policy, count } = usages[i] as Usage;
    const remaining = count.used < policy.quota ? policy.quota - count.used : 0;
    text += `${i === 0 ? '' : ', '}"${policy.name}";r=${remaining};t=${secondsUntil(count)}`;
  }
  return text;
}
