import { createHash } from 'node:crypto';
import { type Brand, brandStyle } from './brand.ts';
import { type Html, html } from './html.ts';

/** Readable alone, at any width, light and dark; nothing is loaded but the tenant's logo, by the browser. */
const style = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { max-width: 24rem; margin: 10vh auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
form { display: grid; gap: 0.5rem; margin: 1rem 0; }
label { display: grid; gap: 0.25rem; }
input, button { font: inherit; padding: 0.5rem; border: 1px solid; border-radius: 0.25rem; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
.problem { border-left: 0.25rem solid; padding-left: 0.75rem; font-weight: bold; }
.code { font: 1.5rem/2 ui-monospace, monospace; }
.brand img { display: block; max-height: 3rem; max-width: 12rem; }
`;

const styleOf = (brand: Brand): string => style + brandStyle(brand);

/** A page of a tenant as a browser gets it. */
export const page = (brand: Brand, title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${brand.name}</title>
<style>${{ html: styleOf(brand) }}</style>
</head>
<body>
<main>
<p class="brand">${brand.logoUrl ? html`<img src="${brand.logoUrl}" alt="${brand.name}" referrerpolicy="no-referrer">` : brand.name}</p>
<h1>${title}</h1>
${body}
${brand.supportUrl ? html`<p><a href="${brand.supportUrl}">Help</a></p>` : false}
</main>
</body>
</html>
`.html;

/**
 * Headers of the pages. No script runs. A form's answer may lead on to the client's own site (browsers hold the whole
 * chain of redirects against `form-action`), so any https address is let through, and the client's own when it listens
 * on this machine. The referrer policy keeps the `Origin` of form posts, which `no-referrer` would make `null`.
 */
export const pageHeaders = (brand: Brand, redirectUri?: unknown): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(styleOf(brand)).digest('base64')}'`,
    ...(brand.logoUrl ? [`img-src ${new URL(brand.logoUrl).origin}`] : []),
    "script-src 'none'",
    `form-action 'self' https:${loopbackOf(redirectUri)}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
});

function loopbackOf(redirectUri: unknown): string {
  const url = typeof redirectUri === 'string' ? URL.parse(redirectUri) : null;
  return url?.protocol === 'http:' ? ` ${url.origin}` : '';
}

/** A paragraph that screen readers announce. */
export const problem = (text: string | undefined): Html =>
  text ? html`<p class="problem" role="alert">${text}</p>` : html``;
