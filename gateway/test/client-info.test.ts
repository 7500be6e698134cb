import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressList } from '../src/config.ts';
import { clientInfoOf } from '../src/http/client-info.ts';

const request = (peer: string, headers: Record<string, string> = {}) =>
  ({
    socket: { remoteAddress: peer },
    headers: { host: 'Example.COM:4000', ...headers },
  }) as unknown as IncomingMessage;

const addressOf = (peer: string, forwarded?: string, trusted: string[] = []) =>
  clientInfoOf(
    request(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
    addressList(trusted),
  ).ipAddress;

describe('where a request came from', () => {
  it('is the peer, whatever it claims', () => {
    expect(addressOf('198.51.100.7', '203.0.113.9')).toBe('198.51.100.7');
    expect(addressOf('::ffff:198.51.100.7')).toBe('198.51.100.7');
  });

  it('is told by trusted proxies, nearest first', () => {
    const trusted = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'];
    expect(addressOf('10.1.2.3', '203.0.113.9', trusted)).toBe('203.0.113.9');
    expect(addressOf('10.1.2.3', '6.6.6.6, 203.0.113.9', trusted)).toBe('203.0.113.9');
    expect(addressOf('10.1.2.3', '6.6.6.6, 203.0.113.9, 10.9.9.9, 192.0.2.1', trusted)).toBe('203.0.113.9');
    expect(addressOf('2001:db8::1', '2001:db9::5', trusted)).toBe('2001:db9::5');
  });

  it('is the last address known when a proxy says nonsense', () => {
    for (const nonsense of ['', 'unknown', '1.2.3.4.5', '203.0.113.9:443', '<script>']) {
      expect(addressOf('10.1.2.3', nonsense, ['10.0.0.0/8'])).toBe('10.1.2.3');
    }
    expect(addressOf('10.1.2.3', '10.0.0.1', ['10.0.0.0/8'])).toBe('10.0.0.1');
  });

  it('has a host in lower case', () => {
    const none = addressList([]);
    expect(clientInfoOf(request('::1'), none).host).toBe('example.com:4000');
    for (const host of ['[::1]:4000', 'a.b-c.d', 'localhost', 'xn--bcher-kva.example']) {
      expect(clientInfoOf(request('::1', { host }), none).host).toBe(host);
    }
    for (const host of ['', 'a b', 'a/b', 'a,b', '-a', 'a..b', 'x'.repeat(300), 'a:port', 'user@host']) {
      expect(() => clientInfoOf(request('::1', { host }), none)).toThrow('Host');
    }
  });
});
