import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Html, html } from './html.ts';

const bundle = () => {
  const main = createRequire(import.meta.url).resolve('@simplewebauthn/browser');
  return readFileSync(join(dirname(main), '../dist/bundle/index.umd.min.js'), 'utf8');
};
const forms = () => readFileSync(new URL('./passkey-forms.js', import.meta.url), 'utf8');

/** The one script of the pages. */
export const passkeyScript = Buffer.from(`${bundle()}\n${forms()}`);

const digest = createHash('sha384').update(passkeyScript).digest();

/** Below the issuer; another version has another path. */
export const passkeyScriptPath = `/passkeys-${digest.toString('hex').slice(0, 16)}.js`;

/** Has the page run it, and nothing that is not it. */
export const passkeyScriptTag = (issuer: string): Html =>
  html`<script src="${issuer}${passkeyScriptPath}" integrity="sha384-${digest.toString('base64')}" defer></script>`;
