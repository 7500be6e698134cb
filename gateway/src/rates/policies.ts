/** Points that one key may use in a window; 0 is no limit. */
export type RateLimits = {
  windowSeconds: number;
  /** Requests without a token, of one address. */
  anonymous: number;
  /** Requests with a token, of one address, whoever makes them. */
  address: number;
  user: number;
  client: number;
  apiKey: number;
  /** Estimated cost, of one user, client or API key; of an address for those who are nobody. */
  cost: number;
  /** Tokens that did not stand, of one address; past it none is looked at. */
  tokenFailures: number;
  /** Root fields by name, of one address; of a client for those who come as one. */
  operations: Readonly<Record<string, number>>;
};

/** A quota by the name that clients see. */
export type Policy = {
  name: string;
  quota: number;
  windowSeconds: number;
  /** The policy as an item of the RateLimit-Policy field. */
  declared: string;
};

/** The policy, or undefined when it is off. */
export function policyOf(name: string, quota: number, windowSeconds: number): Policy | undefined {
  if (quota === 0) return undefined;
  return { name, quota, windowSeconds, declared: `"${name}";q=${quota};w=${windowSeconds}` };
}
