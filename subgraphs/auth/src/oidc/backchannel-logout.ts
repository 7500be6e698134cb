import type { Client, Provider } from 'oidc-provider';

type Deliver = (this: Client, subject: string, sessionId: string) => Promise<void>;
const deliveries = new WeakMap<Provider, Deliver>();

/**
 * oidc-provider tells clients of a logout once, while the browser waits. Here they are told through the event bus, which
 * repeats it: its own way is put aside, and used by the reaction to the end of a session.
 */
export function deliverLogoutAfterwards(provider: Provider): void {
  const prototype = provider.Client.prototype as unknown as { backchannelLogout: Deliver };
  deliveries.set(provider, prototype.backchannelLogout);
  prototype.backchannelLogout = async () => {};
}

/** Sends a client a logout token (OpenID Connect Back-Channel Logout §2.5); throws when it does not confirm it. */
export async function tellOfLogout(
  provider: Provider,
  client: Client,
  logout: { subject: string; sessionId: string },
): Promise<void> {
  await deliveries.get(provider)?.call(client, logout.subject, logout.sessionId);
}
