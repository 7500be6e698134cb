/** The tenant as browsers know it: a passkey is good for its host alone (WebAuthn § 5.1.2). */
export function relyingPartyOf({ publicUrl }: { publicUrl: string }): { rpID: string; origin: string } {
  const { hostname, origin } = new URL(publicUrl);
  return { rpID: hostname, origin };
}

/** What an authenticator keeps to tell the accounts of a host apart (WebAuthn § 5.4.3): no address, no name. */
export const userHandleOf = (userId: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(userId);
