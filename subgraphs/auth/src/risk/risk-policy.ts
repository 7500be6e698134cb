import type { RiskReason } from './risk.ts';

export type RiskPolicy = {
  /** From this score on a second step is asked for; null: never. */
  askFrom: number | null;
  /** From this score on a sign-in is refused; null: never. */
  refuseFrom: number | null;
  weights: Record<RiskReason, number>;
};

/**
 * A new device in a new place is what people do, and asks for nothing; with anything beside it a second step is asked for, and
 * only nearly everything at once is refused.
 */
export const defaultRiskPolicy: RiskPolicy = {
  askFrom: 60,
  refuseFrom: 100,
  weights: {
    NEW_DEVICE: 25,
    NEW_NETWORK: 25,
    ACCOUNT_FAILURES: 20,
    NETWORK_FAILURES: 25,
    IMPOSSIBLE_TRAVEL: 40,
    LISTED_ADDRESS: 40,
  },
};
