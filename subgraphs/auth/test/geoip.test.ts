import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { geoipDatabase, silentLogger } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAddressLists } from '../src/risk/address-lists.ts';
import { openGeoip } from '../src/risk/geoip.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-geoip-'));
});
afterAll(() => rm(folder, { recursive: true }));

const city = (country: string, name: string, latitude: number, longitude: number) => ({
  country: { iso_code: country, names: { en: country } },
  city: { names: { en: name } },
  location: { latitude, longitude },
});

/** Puts another file in its place, as whoever updates a database does. */
async function put(name: string, content: Buffer | string): Promise<string> {
  const file = join(folder, name);
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
  return file;
}

it('tells country, city, coordinates and operator from what several files know', async () => {
  const cities = await put(
    'city.mmdb',
    geoipDatabase({
      '198.51.100.0/24': city('AU', 'Sydney', -33.87, 151.21),
      '203.0.0.0/8': { country: { iso_code: 'DE', names: { en: 'Germany' } } },
    }),
  );
  const operators = await put(
    'asn.mmdb',
    geoipDatabase({ '198.51.0.0/16': { autonomous_system_number: 64_500 } }),
  );
  const geoip = openGeoip([cities, operators], silentLogger);
  expect(geoip.placeOf('198.51.100.7')).toEqual({
    country: 'AU',
    city: 'Sydney',
    latitude: -33.87,
    longitude: 151.21,
    asn: 64_500,
  });
  expect(geoip.placeOf('203.0.113.7')).toMatchObject({ country: 'DE', city: null, asn: null });
  for (const address of ['192.0.2.7', '2001:db8::1', 'nonsense', '']) {
    expect(geoip.placeOf(address)).toBeUndefined();
  }
  await geoip.stop();
});

it('takes another file when one is put in its place, and keeps the one it has when that is broken', async () => {
  const file = await put(
    'changing.mmdb',
    geoipDatabase({ '198.51.100.0/24': city('DE', 'Berlin', 52.5, 13.4) }),
  );
  const geoip = openGeoip([file], silentLogger);
  const cityOf = () => {
    geoip.look();
    return geoip.placeOf('198.51.100.7')?.city;
  };
  expect(cityOf()).toBe('Berlin');
  await put('changing.mmdb', 'not a database');
  expect(cityOf()).toBe('Berlin');
  await put('changing.mmdb', geoipDatabase({ '198.51.100.0/24': city('JP', 'Tokyo', 35.7, 139.7) }));
  expect(cityOf()).toBe('Tokyo');
  await rm(file);
  expect(cityOf()).toBe('Tokyo');
  await geoip.stop();
});

it('does not start with a file that it can’t read', async () => {
  expect(() => openGeoip([join(folder, 'nowhere.mmdb')], silentLogger)).toThrow('GEOIP_DATABASE');
  const broken = await put('broken.mmdb', 'not a database');
  expect(() => openGeoip([broken], silentLogger)).toThrow('GEOIP_DATABASE');
});

it('reads lists of addresses', async () => {
  const tor = await put('tor.txt', '# exits\n198.51.100.7\n\n2001:db8::/32 ; a network\r\n');
  const vpn = await put('vpn.txt', '203.0.113.0/24');
  const lists = openAddressLists([tor, vpn], silentLogger);
  for (const address of ['198.51.100.7', '2001:db8:5::1', '203.0.113.99'])
    expect(lists.has(address)).toBe(true);
  for (const address of ['198.51.100.8', '2001:db9::1', '']) expect(lists.has(address)).toBe(false);
  await put('vpn.txt', '192.0.2.1');
  lists.look();
  expect([lists.has('203.0.113.99'), lists.has('192.0.2.1')]).toEqual([false, true]);
  await put('vpn.txt', '192.0.2.2\nnowhere\n');
  lists.look();
  expect([lists.has('192.0.2.1'), lists.has('192.0.2.2')]).toEqual([true, false]);
  await lists.stop();
  expect(() => openAddressLists([join(folder, 'nowhere')], silentLogger)).toThrow('ADDRESS_LISTS');
});
