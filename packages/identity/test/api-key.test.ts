import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { apiKeyStart, isApiKey, newApiKey } from '../src/api-key.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('an API key', () => {
  it('is random, with a checksum that anybody can compute', () => {
    const keys = new Set(Array.from({ length: 1_000 }, newApiKey));
    expect(keys.size).toBe(1_000);
    for (const key of keys) {
      expect(key).toMatch(/^gh_live_[0-9A-Za-z]{38}$/);
      const checksum = [...key.slice(-6)].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0);
      expect(checksum).toBe(crc32(key.slice(0, -6)));
      expect(isApiKey(key)).toBe(true);
    }
  });

  it('is told from one with a wrong, missing or exchanged character', () => {
    const key = newApiKey();
    for (let at = 0; at < key.length; at++) {
      const other = alphabet[(alphabet.indexOf(key[at] ?? '') + 1) % alphabet.length];
      expect(isApiKey(key.slice(0, at) + other + key.slice(at + 1)), `at ${at}`).toBe(false);
      expect(isApiKey(key.slice(0, at) + key.slice(at + 1))).toBe(false);
    }
    const [a = '', b = ''] = [key[20], key[21]];
    if (a !== b) expect(isApiKey(key.slice(0, 20) + b + a + key.slice(22))).toBe(false);
    for (const text of ['', 'gh_live_', `${key}\n`, ` ${key}`, 'gh_live_'.padEnd(46, '0')])
      expect(isApiKey(text)).toBe(false);
  });

  it('is shown by a beginning that leaves more than 160 bits unknown', () => {
    const key = newApiKey();
    expect(key.startsWith(apiKeyStart(key))).toBe(true);
    const hidden = key.length - apiKeyStart(key).length - 6;
    expect(hidden * Math.log2(62)).toBeGreaterThan(160);
  });
});
