export type RedisAddress = { host: string; port: number };

/** Where Redis is and how to sign in there, as one URL says it. */
export type RedisTarget = {
  kind: 'server' | 'sentinel' | 'cluster';
  /** The server; the Sentinels; some nodes of the cluster. */
  addresses: readonly RedisAddress[];
  tls: boolean;
  username?: string;
  password?: string;
  db: number;
  /** The name under which the Sentinels watch the server. */
  master?: string;
  sentinelUsername?: string;
  sentinelPassword?: string;
};

const form =
  /^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<hosts>[^@/?]+)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/;
const addressForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;

/**
 * Reads `redis[s]://[user:password@]host[:6379][/db]`, `redis[s]+sentinel://…host,host/<master>[/db]` (with
 * `?sentinelUsername=…&sentinelPassword=…` where the Sentinels ask for them) and `redis[s]+cluster://…host,host`.
 * Undefined for anything else.
 */
export function parseRedisUrl(text: string): RedisTarget | undefined {
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

function read(text: string): RedisTarget | undefined {
  const parts = form.exec(text)?.groups;
  if (!parts) return undefined;
  const kind = (parts.kind ?? 'server') as RedisTarget['kind'];
  const addresses = readAddresses(parts.hosts ?? '', kind === 'sentinel' ? 26_379 : 6_379);
  const [first = '', second = '', ...more] = (parts.path ?? '').split('/').map(decodeURIComponent);
  const query = new URLSearchParams(parts.query);
  const known = kind === 'sentinel' ? ['sentinelUsername', 'sentinelPassword'] : [];
  if (!addresses || more.length > 0 || [...query.keys()].some((name) => !known.includes(name)))
    return undefined;
  if (kind === 'server' && (addresses.length > 1 || second !== '')) return undefined;
  if (kind === 'cluster' && (first !== '' || second !== '')) return undefined;
  if (kind === 'sentinel' && first === '') return undefined;
  const db = kind === 'sentinel' ? second : first;
  if (!/^\d{0,5}$/.test(db)) return undefined;
  return {
    kind,
    addresses,
    tls: parts.scheme === 'rediss',
    db: Number(db),
    ...(parts.user ? { username: decodeURIComponent(parts.user) } : {}),
    ...(parts.password ? { password: decodeURIComponent(parts.password) } : {}),
    ...(kind === 'sentinel' ? { master: first } : {}),
    ...Object.fromEntries(query),
  };
}

function readAddresses(hosts: string, defaultPort: number): RedisAddress[] | undefined {
  const addresses = hosts.split(',').flatMap((one): RedisAddress[] => {
    const [, host, port] = addressForm.exec(one) ?? [];
    const number = Number(port ?? defaultPort);
    return host && number > 0 && number < 65_536 ? [{ host: host.replace(/[[\]]/g, ''), port: number }] : [];
  });
  return addresses.length === hosts.split(',').length ? addresses : undefined;
}

/** The addresses alone, for messages: never a user or a password. */
export const describeRedis = ({ addresses }: RedisTarget): string =>
  addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
