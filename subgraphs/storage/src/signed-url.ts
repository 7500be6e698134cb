import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed URL lets one do, on one path. HEAD is let through by the signature of GET. */
export type SignedMethod = 'PUT' | 'GET';

type Signed = { method: SignedMethod; path: string; tenantId: string; expires: string };

const mac = (secret: string, { method, path, tenantId, expires }: Signed): string =>
  createHmac('sha256', secret).update(`${method}\n${path}\n${tenantId}\n${expires}`).digest('base64url');

/** A URL below `base` that lets its holder do `method` on `path` until `expiresAt` (whole seconds). */
export function signUrl(
  secret: string,
  target: { base: string; method: SignedMethod; path: string; tenantId: string; expiresAt: Date },
): string {
  const expires = String(Math.floor(target.expiresAt.getTime() / 1000));
  const url = new URL(target.path, target.base);
  url.searchParams.set('tenant', target.tenantId);
  url.searchParams.set('expires', expires);
  url.searchParams.set('signature', mac(secret, { ...target, expires }));
  return url.href;
}

/** Whose content a URL is about; what it says counts once its signature is checked. */
export const tenantOf = (url: URL): string => url.searchParams.get('tenant') ?? '';

/** Whether a request's URL was signed by us for this method, and still holds. Compared in constant time. */
export function checkSignature(
  secret: string,
  url: URL,
  method: SignedMethod,
  now = Date.now(),
): 'valid' | 'expired' | 'forged' {
  const expires = url.searchParams.get('expires') ?? '';
  // As text: the last character of base64url has bits that decoding ignores.
  const given = Buffer.from(url.searchParams.get('signature') ?? '');
  const right = Buffer.from(mac(secret, { method, path: url.pathname, tenantId: tenantOf(url), expires }));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return 'forged';
  return Number(expires) * 1000 > now ? 'valid' : 'expired';
}
