import type { Policy } from './policies.ts';
import type { Count } from './store.ts';

/** One policy as it stands for a request. */
export type Usage = { policy: Policy; count: Count };

/** Seconds until the window begins anew; never none, so that nobody comes back too early. */
export const secondsUntil = ({ resetMs }: Count): number => Math.max(1, Math.ceil(resetMs / 1000));

/** The RateLimit-Policy field (draft-ietf-httpapi-ratelimit-headers-10, §3). */
export function rateLimitPolicy(usages: readonly Usage[]): string {
  if (
    usages.length !== last.usages.length ||
    usages.some(({ policy }, i) => policy !== last.usages[i]?.policy)
  ) {
    last = { usages, text: usages.map(({ policy }) => policy.declared).join(', ') };
  }
  return last.text;
}

/** Nearly all requests meet the same policies. */
let last: { usages: readonly Usage[]; text: string } = { usages: [], text: '' };

/** The RateLimit field (draft-ietf-httpapi-ratelimit-headers-10, §4): what remains, and until when. */
export function rateLimit(usages: readonly Usage[]): string {
  let text = '';
  for (const { policy, count } of usages) {
    const remaining = count.used < policy.quota ? policy.quota - count.used : 0;
    const item = `"${policy.name}";r=${remaining};t=${secondsUntil(count)}`;
    text = text ? `${text}, ${item}` : item;
  }
  return text;
}
