import ipaddr from 'ipaddr.js';

type Family = 'ipv4' | 'ipv6';
type Parsed = { family: Family; bits: string; prefix: number };

/** Address and length of the network; an IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
function parse(text: string): Parsed | undefined {
  try {
    const [address = '', length, ...rest] = text.split('/');
    if (rest.length > 0 || !ipaddr.isValid(address)) return undefined;
    // `10.1` and `0x7f.1` are addresses too, but nobody means them.
    if (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined;
    const given = ipaddr.parse(address);
    const plain = ipaddr.process(address);
    const all = plain.kind() === 'ipv4' ? 32 : 128;
    if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
    const lost = given.kind() === plain.kind() ? 0 : 96;
    const prefix = length === undefined ? all : Number(length) - lost;
    if (prefix < 0 || prefix > all) return undefined;
    const bits = plain
      .toByteArray()
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('');
    return { family: plain.kind() as Family, bits, prefix };
  } catch {
    return undefined;
  }
}

/**
 * The range in the one way it is written: its first address, `/`, its length (`192.0.2.7` is `192.0.2.7/32`). Undefined for
 * what is neither an address nor a range in CIDR notation (RFC 4632, RFC 4291 § 2.3). A `length` widens an address to its
 * network.
 */
export function canonicalRange(text: string, length?: { ipv4: number; ipv6: number }): string | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  const prefix = length ? Math.min(parsed.prefix, length[parsed.family]) : parsed.prefix;
  const bits = parsed.bits.slice(0, prefix).padEnd(parsed.bits.length, '0');
  const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  return `${ipaddr.fromByteArray(bytes).toString()}/${prefix}`;
}

/** How many leading bits the addresses of a range share, and how many an address has. */
export function lengthOfRange(range: string): { prefix: number; of: 32 | 128 } | undefined {
  const parsed = parse(range);
  return parsed && { prefix: parsed.prefix, of: parsed.family === 'ipv4' ? 32 : 128 };
}

/**
 * Values by address range, any number of them: a look-up takes one step for each length of range there is, however many
 * ranges there are.
 */
export class RangeMap<T> {
  readonly #ranges: Record<Family, Map<number, Map<string, Set<T>>>> = { ipv4: new Map(), ipv6: new Map() };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether the text was a range. */
  add(range: string, value: T): boolean {
    const parsed = parse(range);
    if (!parsed) return false;
    const { family, bits, prefix } = parsed;
    const networks = this.#ranges[family].get(prefix) ?? new Map<string, Set<T>>();
    this.#ranges[family].set(prefix, networks);
    const key = bits.slice(0, prefix);
    const values = networks.get(key) ?? new Set();
    networks.set(key, values);
    if (!values.has(value)) this.#size += 1;
    values.add(value);
    return true;
  }

  delete(range: string, value: T): void {
    const parsed = parse(range);
    const networks = parsed && this.#ranges[parsed.family].get(parsed.prefix);
    const key = parsed?.bits.slice(0, parsed.prefix) ?? '';
    const values = networks?.get(key);
    if (!values?.delete(value)) return;
    this.#size -= 1;
    if (values.size === 0) networks?.delete(key);
    if (parsed && networks?.size === 0) this.#ranges[parsed.family].delete(parsed.prefix);
  }

  /** The values of every range that the address lies in. */
  find(address: string): T[] {
    if (this.#size === 0) return [];
    const parsed = parse(address);
    if (!parsed) return [];
    const found: T[] = [];
    for (const [prefix, networks] of this.#ranges[parsed.family]) {
      const values = networks.get(parsed.bits.slice(0, prefix));
      if (values) found.push(...values);
    }
    return found;
  }
}
