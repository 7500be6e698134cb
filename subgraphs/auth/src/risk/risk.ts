/** What makes a sign-in look as if it were somebody else's. */
export const riskReasons = [
  'NEW_DEVICE',
  'NEW_NETWORK',
  'ACCOUNT_FAILURES',
  'NETWORK_FAILURES',
  'IMPOSSIBLE_TRAVEL',
  'LISTED_ADDRESS',
] as const;

export type RiskReason = (typeof riskReasons)[number];

/** 0 is as ever, 100 the most; and why. */
export type Risk = { score: number; reasons: RiskReason[] };
