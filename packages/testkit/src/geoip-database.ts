import { isIPv4 } from 'node:net';

type Value = string | number | { [name: string]: Value } | Value[];

/** What a database says of a range, in the words of GeoIP2 City and ASN. */
export type GeoipEntry = { [name: string]: Value };

/**
 * A GeoIP database for tests, as a file of MaxMind DB (specification 2.0): IPv4 networks by length of 8, 16, 24 or 32 bits, with
 * what it says of each.
 */
export function geoipDatabase(networks: Record<string, GeoipEntry>): Buffer {
  const data: Buffer[] = [];
  let dataLength = 0;
  /** Each node is a pair of records; undefined: nothing is known there. */
  type Record = { node: number } | { data: number } | undefined;
  const nodes: [Record, Record][] = [[undefined, undefined]];
  for (const [range, entry] of Object.entries(networks)) {
    const [address = '', length] = range.split('/');
    if (!isIPv4(address)) throw new Error(`${range} is no IPv4 network`);
    const octets = address.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'));
    // IPv4 lies at ::/96 of the tree.
    const bits = '0'.repeat(96) + octets.join('').slice(0, Number(length));
    let at = 0;
    for (const [depth, bit] of [...bits].entries()) {
      const node = nodes[at] as [Record, Record];
      const side = bit === '1' ? 1 : 0;
      if (depth === bits.length - 1) {
        node[side] = { data: dataLength };
        continue;
      }
      let next = node[side];
      if (!next || !('node' in next)) {
        next = { node: nodes.length };
        nodes.push([undefined, undefined]);
        node[side] = next;
      }
      at = next.node;
    }
    const encoded = encode(entry);
    data.push(encoded);
    dataLength += encoded.length;
  }
  const tree = Buffer.alloc(nodes.length * 6);
  const separator = 16;
  const numberOf = (record: Record) => {
    if (!record) return nodes.length;
    return 'node' in record ? record.node : nodes.length + separator + record.data;
  };
  for (const [index, [left, right]] of nodes.entries()) {
    tree.writeUIntBE(numberOf(left), index * 6, 3);
    tree.writeUIntBE(numberOf(right), index * 6 + 3, 3);
  }
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: 'Gatehouse-Test',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    description: { en: 'for tests' },
  });
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(separator), ...data, marker, metadata]);
}

const types = { string: 2, double: 3, uint32: 6, map: 7, array: 11 };

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(types.string, text.length), text]);
  }
  if (typeof value === 'number') {
    const isWhole = Number.isInteger(value) && value >= 0;
    const bytes = Buffer.alloc(isWhole ? 4 : 8);
    if (isWhole) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(isWhole ? types.uint32 : types.double, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(types.array, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(types.map, entries.length),
    ...entries.flatMap(([name, inner]) => [encode(name), encode(inner)]),
  ]);
}

/** Type and size; types past 7 take a byte of their own. Sizes here are below 285. */
function control(type: number, size: number): Buffer {
  const short = Math.min(size, 29);
  const head = type <= 7 ? [(type << 5) | short] : [short, type - 7];
  return Buffer.from(size < 29 ? head : [...head, size - 29]);
}
