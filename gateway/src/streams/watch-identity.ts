import type { Principal } from '@gatehouse/identity';
import type { Exchange } from '../operation/exchange.ts';
import type { Tokens } from '../tokens/tokens.ts';

/** Why the gateway ends a stream. */
export type EndingCode =
  | 'TOKEN_EXPIRED'
  | 'SESSION_REVOKED'
  | 'ADDRESS_BLOCKED'
  | 'TENANT_SUSPENDED'
  | 'RESUME_REQUIRED'
  | 'SCHEMA_CHANGED';

/** setTimeout's bound; a token that lives longer is checked again when it is reached. */
const maxTimerMs = 2_147_483_647;

/**
 * Ends a stream when its token or API key expires or is revoked, or its tenant is suspended. When what its holder may do has changed, the stream was opened under
 * rules that no longer hold: it ends too, and opening it again applies the new ones without missing an event.
 */
export function watchIdentity(
  tokens: Tokens,
  exchange: Exchange,
  stream: { end(code: EndingCode): void; endConnection(code: EndingCode): void },
): () => void {
  const opened = exchange.identity;
  if (!opened) return () => {};
  let { token } = opened;
  let isWatching = true;

  const expire = () => {
    const left = token.expiresAt * 1000 - Date.now();
    if (left <= 0) return stream.endConnection('TOKEN_EXPIRED');
    timer = setTimeout(expire, Math.min(left, maxTimerMs)).unref();
  };
  let timer: NodeJS.Timeout | undefined;

  const check = async () => {
    if (!(await tokens.isOpen(token).catch(() => true))) return stream.endConnection('TENANT_SUSPENDED');
    // A question that fails is asked again with the next change; the token's own expiry still holds.
    const now = await tokens.current(token).catch(() => opened);
    const isExpired = token.expiresAt * 1000 <= Date.now();
    if (!now) return stream.endConnection(isExpired ? 'TOKEN_EXPIRED' : 'SESSION_REVOKED');
    // The secret of a rotated API key ends earlier than it did when the stream was opened.
    if (isWatching && now.token.expiresAt !== token.expiresAt) {
      token = now.token;
      clearTimeout(timer);
      expire();
    }
    if (!mayTheSame(opened.principal, now.principal)) stream.end('RESUME_REQUIRED');
  };

  const unwatch = tokens.watch(token, () => void check());
  expire();
  // What changed between checking the token and watching it.
  void check();
  return () => {
    isWatching = false;
    clearTimeout(timer);
    unwatch();
  };
}

function mayTheSame(a: Principal, b: Principal): boolean {
  const rules = (principal: Principal) =>
    JSON.stringify([
      [...principal.permissions].sort(),
      principal.kind === 'client' ? [] : [...principal.roles].sort(),
    ]);
  return rules(a) === rules(b);
}
