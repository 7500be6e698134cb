import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from '../http/answer.ts';
import { type Asset, createAssets, readPageFile } from './assets.ts';

const strict = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

/** GraphiQL's editor (Monaco) writes its own styles, carries its icon font along and works in workers. */
const forGraphiql = [
  ...strict.filter((rule) => !/^(style-src|img-src)/.test(rule)),
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self'",
];

const pages: Record<string, { file: string; policy: string }> = {
  '/': { file: 'home.html', policy: strict.join('; ') },
  '/confirm': { file: 'confirm.html', policy: strict.join('; ') },
  '/reset': { file: 'reset.html', policy: strict.join('; ') },
  '/playground': { file: 'playground.html', policy: forGraphiql.join('; ') },
};

/** The few pages that the gateway serves itself, and what they load; answers false for any other path. */
export function createPages() {
  const assetAt = createAssets();

  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> => {
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    const asset = page ? undefined : assetAt(path);
    if (!page && !asset) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendJson(response, 405, { error: 'method not allowed' });
      return true;
    }
    if (asset) sendAsset(request, response, await asset);
    else if (page) {
      response.setHeader('content-security-policy', page.policy);
      response.setHeader('cache-control', 'no-store');
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.writeHead(200).end(request.method === 'HEAD' ? undefined : await readPageFile(page.file));
    }
    return true;
  };
}

function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  response.setHeader('etag', asset.etag);
  response.setHeader('cache-control', 'public, max-age=0, must-revalidate');
  response.setHeader('vary', 'Accept-Encoding');
  if (request.headers['if-none-match'] === asset.etag) return void response.writeHead(304).end();
  const isGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = isGzip ? asset.gzipped : asset.body;
  response.setHeader('content-type', asset.type);
  response.setHeader('content-length', body.length);
  if (isGzip) response.setHeader('content-encoding', 'gzip');
  response.writeHead(200).end(request.method === 'HEAD' ? undefined : body);
}
