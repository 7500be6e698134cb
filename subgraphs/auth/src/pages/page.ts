import { createHash } from 'node:crypto';
import { type Brand, brandStyle } from './brand.ts';
import { type Html, html } from './html.ts';

/** Readable alone, at any width, light and dark; nothing is loaded but the tenant's logo, by the browser. */
const style = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; --ink: light-dark(#1b1f24, #eceff3);
  --soft: light-dark(#57606a, #a9b3be); --line: light-dark(#8b949e, #7d8793); --ground: light-dark(#f4f6f8, #14171b);
  --card: light-dark(#fff, #1d2126); --accent: light-dark(#0b5cad, #7cb8ff); --on-accent: light-dark(#fff, #0b1a2b);
  --danger: light-dark(#a40e26, #ff9aa2); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; padding: 8vh 1rem 2rem; color: var(--ink); background: var(--ground); }
main { max-width: 26rem; margin: 0 auto; padding: 1.5rem; background: var(--card); border-radius: 0.75rem;
  box-shadow: 0 0 0 1px light-dark(#0001, #fff2), 0 0.5rem 2rem light-dark(#0001, #0004); overflow-wrap: anywhere; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0.75rem 0; }
form { display: grid; gap: 1rem; margin: 1.25rem 0 0; }
form + form { margin-top: 0.75rem; }
label { display: grid; gap: 0.25rem; font-weight: 600; }
fieldset { display: grid; gap: 0.5rem; margin: 0; padding: 0; border: 0; }
legend { padding: 0 0 0.5rem; color: var(--soft); }
.choice { grid-template-columns: auto 1fr; align-items: center; gap: 0.625rem; font-weight: normal; }
.choice input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); }
input, button, .button { font: inherit; padding: 0.625rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; }
input { width: 100%; color: inherit; background: transparent; }
button, .button { display: block; width: 100%; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.plain { color: var(--accent); background: transparent; border-color: var(--line); }
button:hover, .button:hover { filter: brightness(1.1); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul { padding-left: 1.25rem; }
.problem, .notice { padding-left: 0.75rem; border-left: 0.25rem solid var(--accent); font-weight: 600; }
.problem { color: var(--danger); border-color: var(--danger); }
code { font-family: ui-monospace, monospace; }
.code { font: 1.5rem/2 ui-monospace, monospace; text-align: center; }
.brand { margin-top: 0; color: var(--soft); }
.brand img { display: block; max-height: 3rem; max-width: 12rem; }
.qr { width: 12rem; margin: 1rem auto; padding: 0.5rem; background: #fff; border-radius: 0.5rem; }
.qr svg { display: block; }
.codes { columns: 2; padding: 1rem; list-style: none; border: 1px solid var(--line); border-radius: 0.5rem; }
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
 * Headers of the pages. No script runs but the one of that address. A form's answer may lead on to the client's own site (browsers hold the whole
 * chain of redirects against `form-action`), so any https address is let through, and the client's own when it listens
 * on this machine. The referrer policy keeps the `Origin` of form posts, which `no-referrer` would make `null`.
 */
export const pageHeaders = (
  brand: Brand,
  redirectUri?: unknown,
  script?: string,
): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(styleOf(brand)).digest('base64')}'`,
    ...(brand.logoUrl ? [`img-src ${new URL(brand.logoUrl).origin}`] : []),
    `script-src ${script ?? "'none'"}`,
    ...(script ? ["connect-src 'self'"] : []),
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

/** The same for what went well. */
export const notice = (text: string | undefined): Html =>
  text ? html`<p class="notice" role="status">${text}</p>` : html``;
