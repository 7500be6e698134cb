import { lookup as resolveWithSystem } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';

// Requests to URLs that a user gave (OWASP, Server-Side Request Forgery Prevention).

/** Why a request was not made, or not ended well; safe to show to whoever gave the URL. */
export class OutgoingError extends Error {
  override name = 'OutgoingError';
}

type Address = { address: string; family: number };
export type Resolve = (hostname: string) => Promise<Address[]>;

/** Not reachable for everybody: the IANA special-purpose registries of IPv4. */
const specialPurpose = new BlockList();
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]) {
  const [net = '', bits] = range.split('/');
  specialPurpose.addSubnet(net, Number(bits), 'ipv4');
}

/** Of IPv6 only global unicast is public, less what is special in it or leads into IPv4: Teredo, 6to4, documentation. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const notGlobal = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  notGlobal.addSubnet(net, bits, 'ipv6');
}

/** Whether everybody on the internet could reach this address too. Mapped and translated IPv4 is not: no name needs it. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !specialPurpose.check(address, 'ipv4');
    case 6: {
      const plain = address.split('%', 1)[0] ?? '';
      return globalUnicast.check(plain, 'ipv6') && !notGlobal.check(plain, 'ipv6');
    }
    default:
      return false;
  }
}

/** IPv6 stands in brackets in a URL. */
const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** What is wrong with a URL that a user gave, as far as it can be told without asking anybody; undefined when nothing is. */
export function problemOfUrl(text: string, { insecure = false } = {}): string | undefined {
  const url = URL.parse(text);
  if (!url) return 'must be a URL';
  if (url.protocol !== 'https:' && !(insecure && url.protocol === 'http:')) return 'must be an https URL';
  if (url.username || url.password) return 'must not hold a name or a password';
  if (insecure) return undefined;
  const host = withoutBrackets(url.hostname);
  if (isIP(host) && !isPublicAddress(host)) return 'must not be a private address';
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) return 'must not be a private name';
  return undefined;
}

export type OutgoingOptions = {
  /** Development only: http, and private addresses. */
  insecure?: boolean;
  /** The system's resolver unless told. */
  resolve?: Resolve;
  timeoutMs?: number;
};

/**
 * Posts to URLs that users gave. A name is resolved by us, every address it has is looked at, and the connection is made to
 * one of those very addresses: a name that changes its mind in between gains nothing. The address that a socket ended up
 * with is looked at again. Redirects are not followed, and what is answered is not read.
 */
export function createOutgoing(options: OutgoingOptions = {}) {
  const { insecure = false, timeoutMs = 10_000 } = options;
  const resolve = options.resolve ?? ((hostname) => resolveWithSystem(hostname, { all: true }));
  const allowed = (address: string | undefined) =>
    insecure || (address !== undefined && isPublicAddress(address));
  const refusal = () => new OutgoingError('the address is private');

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return callback(new OutgoingError('the name has no address'), '', 0);
        // One private address among others is enough: the next connection could meet it.
        if (!addresses.every(({ address }) => allowed(address))) return callback(refusal(), '', 0);
        if (all) return callback(null, addresses);
        return callback(null, first.address, first.family);
      },
      () => callback(new OutgoingError('the name could not be resolved'), '', 0),
    );
  };

  const connect = buildConnector({ lookup, timeout: timeoutMs });
  const agent = new Agent({
    connections: 4,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect(target, callback) {
      // An address needs no lookup, so that none would be asked about it.
      const host = withoutBrackets(target.hostname);
      if (isIP(host) && !allowed(host)) return callback(refusal(), null);
      return connect(target, (error, socket) => {
        if (error) return callback(error, null);
        if (allowed(socket.remoteAddress)) return callback(null, socket);
        socket.destroy();
        return callback(refusal(), null);
      });
    },
  });

  return {
    /** Resolves when a status of 2xx came back. OutgoingError with a reason that may be shown. */
    async post(url: string, body: string, headers: Record<string, string>): Promise<void> {
      const problem = problemOfUrl(url, { insecure });
      if (problem) throw new OutgoingError(`the URL ${problem}`);
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await request(url, { method: 'POST', body, headers, dispatcher: agent, signal }).catch(
        (error: unknown) => {
          if (error instanceof OutgoingError) throw error;
          if (signal.aborted) throw new OutgoingError('no answer in time');
          throw new OutgoingError('no connection, or it was lost');
        },
      );
      // Hung up rather than read: it may be endless.
      answer.body.on('error', () => {});
      answer.body.destroy();
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw new OutgoingError(`answered with status ${answer.statusCode}`);
      }
    },
    close: () => agent.destroy(),
  };
}

export type Outgoing = ReturnType<typeof createOutgoing>;
