import type { Caller, PassportIssuer } from '@gatehouse/identity';
import type { SubgraphName } from '@gatehouse/service-kit/subgraph';

type Held = {
  ipAddress: string;
  userAgent: string | null;
  host: string;
  until: number;
  passport: string | Promise<string>;
};

/** A passport stays valid for ten seconds longer than its issuer hands it out; half of that is used here. */
const holdMs = 5_000;

/**
 * Passports for one subgraph. The issuer finds a passport by the whole text of its principal; here the last one of each
 * principal, which nearly every fetch asks for again, is found by the principal itself, and is there at once.
 */
export function holdPassports(
  name: SubgraphName,
  issuer: PassportIssuer,
): (caller: Caller) => string | Promise<string> {
  const held = new WeakMap<object, Held>();
  return (caller) => {
    const { principal, client } = caller;
    if (!principal) return issuer.forCaller(name, caller);
    const { ipAddress, userAgent, host } = client;
    const known = held.get(principal);
    const isSame = known?.ipAddress === ipAddress && known.userAgent === userAgent && known.host === host;
    if (known && isSame && known.until > Date.now()) return known.passport;
    const passport = issuer.forCaller(name, caller);
    const fresh: Held = { ipAddress, userAgent, host, until: Date.now() + holdMs, passport };
    held.set(principal, fresh);
    passport.then(
      (signed) => {
        fresh.passport = signed;
      },
      () => held.delete(principal),
    );
    return passport;
  };
}
