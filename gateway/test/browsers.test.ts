import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';

const app = 'https://app.example.com';
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { corsOrigins: [app] } });
});
afterAll(() => gateway.stop());

const preflight = (origin: string, path = '/graphql') =>
  fetch(`${gateway.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type',
    },
  });

describe('cross-origin access', () => {
  it('is for configured origins', async () => {
    const { status, headers } = await preflight(app);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(app);
    expect(headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toContain('Origin');
    const answer = await gateway.post({ query: '{ hello }' }, { origin: app });
    expect(answer.headers.get('access-control-allow-origin')).toBe(app);
  });

  it.each(['https://evil.example.com', 'null', 'https://app.example.com.evil.com', 'http://app.example.com'])(
    'is not for %s',
    async (origin) => {
      for (const path of ['/graphql', '/storage/x']) {
        const { headers } = await preflight(origin, path);
        expect(headers.get('access-control-allow-origin')).toBeNull();
      }
      const answer = await gateway.post({ query: '{ hello }' }, { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

describe('pages', () => {
  it.each(['/', '/confirm?code=x', '/reset?code=x', '/playground'])(
    '%s needs nothing from elsewhere',
    async (path) => {
      const response = await fetch(`${gateway.url}${path}`);
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|https?:/);
      expect(text).not.toMatch(/https?:\/\//);
      expect(text).not.toMatch(/<script(?![^>]*src=)/);
      expect(text).not.toContain('code=x');
      for (const [, asset] of text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
        expect((await fetch(`${gateway.url}${asset}`)).status).toBe(200);
      }
    },
  );

  it('load scripts that are there, compressed and revalidated', async () => {
    const paths = [
      'form',
      'graphql',
      'confirm',
      'reset',
      'playground',
      'playground-fetcher',
      'graphiql/graphiql',
    ];
    for (const path of paths) {
      const response = await fetch(`${gateway.url}/assets/${path}.js`);
      expect([path, response.status, response.headers.get('content-encoding')]).toEqual([path, 200, 'gzip']);
      const again = await fetch(`${gateway.url}/assets/${path}.js`, {
        headers: { 'if-none-match': response.headers.get('etag') ?? '' },
      });
      expect(again.status).toBe(304);
      await response.body?.cancel();
    }
  });

  it.each([
    '/assets/',
    '/assets/none.js',
    '/assets/__proto__',
    '/constructor',
    '/assets/../pages.ts',
    '/assets/home.html',
  ])('lead nowhere else: %s', async (path) => {
    expect((await fetch(`${gateway.url}${path}`)).status).toBe(404);
  });

  it('are only read', async () => {
    expect((await fetch(`${gateway.url}/confirm`, { method: 'POST' })).status).toBe(405);
  });
});
