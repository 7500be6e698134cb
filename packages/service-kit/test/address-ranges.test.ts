import { expect, it } from 'vitest';
import { canonicalRange, RangeMap } from '../src/index.ts';

it.each([
  ['192.0.2.7', '192.0.2.7/32'],
  ['192.0.2.7/24', '192.0.2.0/24'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:DB8:0::7', '2001:db8::7/128'],
  ['2001:db8:1:2:3:4:5:6/64', '2001:db8:1:2::/64'],
  ['::ffff:192.0.2.7', '192.0.2.7/32'],
  ['::ffff:192.0.2.7/120', '192.0.2.0/24'],
])('%s is written %s', (text, range) => expect(canonicalRange(text)).toBe(range));

it.each([
  '',
  'example.com',
  '192.0.2',
  '192.0.2.7/',
  '192.0.2.7/33',
  '192.0.2.7/-1',
  '192.0.2.7/24/8',
  '0x7f.1',
  '010.0.0.1',
  '2001:db8::/129',
  '2001:db8::1::2',
  '::ffff:192.0.2.7/64',
  '192.0.2.7 ',
  '192.0.2.7/2 4',
])('%s is no range', (text) => expect(canonicalRange(text)).toBeUndefined());

it('widens an address to its network', () => {
  const length = { ipv4: 24, ipv6: 48 };
  expect(canonicalRange('192.0.2.7', length)).toBe('192.0.2.0/24');
  expect(canonicalRange('2001:db8:1:2::3', length)).toBe('2001:db8:1::/48');
});

it('finds the values of every range that an address lies in, and of no other', () => {
  const map = new RangeMap<string>();
  expect(map.find('192.0.2.7')).toEqual([]);
  map.add('192.0.2.0/24', 'twenty-four');
  map.add('192.0.2.7', 'one');
  map.add('192.0.2.7', 'another');
  map.add('2001:db8::/32', 'six');
  expect(map.add('nowhere', 'none')).toBe(false);
  expect(map.size).toBe(4);
  expect(map.find('192.0.2.7').sort()).toEqual(['another', 'one', 'twenty-four']);
  expect(map.find('::ffff:192.0.2.8')).toEqual(['twenty-four']);
  expect(map.find('192.0.3.7')).toEqual([]);
  expect(map.find('2001:db8:ffff::1')).toEqual(['six']);
  expect(map.find('not an address')).toEqual([]);
  map.delete('192.0.2.9/24', 'twenty-four');
  map.delete('192.0.2.7', 'one');
  expect(map.find('192.0.2.7')).toEqual(['another']);
  expect(map.size).toBe(2);
});
