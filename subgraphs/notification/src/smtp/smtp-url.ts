/** A mail server and how it is spoken to. */
export type SmtpServer = {
  host: string;
  port: number;
  /** TLS from the first byte on (RFC 8314); else by STARTTLS (RFC 3207). */
  secure: boolean;
  /** Nothing is sent in clear: a server without STARTTLS gets no mail and no password. */
  requireTLS: boolean;
  auth: { user: string; pass: string } | undefined;
};

/**
 * `smtps://user:password@host:465`, or `smtp://user:password@host:587`. With a password TLS is demanded, without it STARTTLS is used where it
 * is offered; `?requireTLS=true` or `false` says otherwise. Throws an Error that does not repeat the URL.
 */
export function smtpServerOf(url: string): SmtpServer {
  const { protocol, hostname, port, pathname, hash, searchParams, username, password } = new URL(url);
  if (!hostname) throw new Error('must name a host');
  if (!['', '/'].includes(pathname) || hash) throw new Error('must end with the host and port');
  const [user, pass] = [decode(username), decode(password)];
  if (!user !== !pass) throw new Error('must have both user and password, or none');
  const secure = protocol === 'smtps:';
  const requireTLS = requireTlsOf(searchParams) ?? (secure || user !== '');
  if (secure && !requireTLS) throw new Error('must not have requireTLS=false: smtps is TLS');
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS,
    auth: user ? { user, pass } : undefined,
  };
}

function requireTlsOf(parameters: URLSearchParams): boolean | undefined {
  const names = [...parameters.keys()];
  const value = parameters.get('requireTLS');
  const known = value === null ? names.length === 0 : names.length === 1 && /^(true|false)$/.test(value);
  if (!known) throw new Error('knows no parameter but requireTLS, true or false');
  return value === null ? undefined : value === 'true';
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error('must have user and password percent-encoded');
  }
}
