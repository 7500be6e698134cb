import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed URL lets one do, on one path. HEAD is let through by the signature of GET. */
export type SignedMethod = 'PUT' | 'GET';

const mac = (secret: string, method: SignedMethod, path: string, expires: string): string =>
  createHmac('sha256', secret).update(`${method}\n${path}\n${expires}`).digest('base64url');

/** A URL below `base` that lets its holder do `method` on `path` until `expiresAt` (whole seconds). */
export function signUrl(
  secret: string,
  target: { base: string; method: SignedMethod; path: string; expiresAt: Date },
): string {
  const expires = String(Math.floor(target.expiresAt.getTime() / 1000));
  const url = new URL(target.path, target.base);
  url.searchParams.set('expires', expires);
  url.searchParams.set('signature', mac(secret, target.method, target.path, expires));
  return url.href;
}

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
  const right = Buffer.from(mac(secret, method, url.pathname, expires));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return 'forged';
  return Number(expires) * 1000 > now ? 'valid' : 'expired';
}
