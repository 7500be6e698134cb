import { fileURLToPath } from 'node:url';
import { badInput } from '@gatehouse/service-kit';
import { Liquid } from 'liquidjs';
import type { MailTemplate } from '../../generated/resolvers.ts';
import type { TenantBrand } from '../tenant-brands.ts';
import { mailTemplates } from './templates.ts';

const liquid = new Liquid({
  root: fileURLToPath(new URL('../../templates', import.meta.url)),
  extname: '.liquid',
  cache: true,
  outputEscape: 'escape',
  strictVariables: true,
  lenientIf: true,
  strictFilters: true,
  ownPropertyOnly: true,
});

let toText: Promise<(html: string) => string> | undefined;

/** Its library is loaded for the first mail. */
async function openToText(): Promise<(html: string) => string> {
  const { compile } = await import('html-to-text');
  return compile({
    wordwrap: 78,
    selectors: [
      { selector: '.preheader', format: 'skip' },
      { selector: '.html-only', format: 'skip' },
      // The plain link follows the button: only its words are wanted.
      { selector: 'a.button', format: 'anchor', options: { ignoreHref: true } },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: false } },
      { selector: 'h1', options: { uppercase: false } },
    ],
  });
}

/** What of a tenant's branding a mail shows. */
export type MailBrand = Pick<TenantBrand, 'primaryColor' | 'onPrimaryColor' | 'logoUrl' | 'supportUrl'>;

const brandOf = (brand: Partial<MailBrand> = {}) => ({
  primaryColor: brand.primaryColor ?? '#1d4ed8',
  onPrimaryColor: brand.onPrimaryColor ?? '#ffffff',
  logoUrl: brand.logoUrl ?? null,
  supportUrl: brand.supportUrl ?? null,
});

export type RenderedMail = { subject: string; html: string; text: string };

/**
 * Writes a mail from its template. Everything given is escaped in the HTML; the text is made from the HTML.
 * BAD_USER_INPUT when a parameter is missing or malformed.
 */
export async function renderMail(
  template: MailTemplate,
  given: { tenantName: string; parameters: unknown; brand?: MailBrand },
  now = new Date(),
): Promise<RenderedMail> {
  const definition = mailTemplates[template];
  const tenantName = oneLine(given.tenantName);
  const read = definition.read(given.parameters, { tenantName, now });
  if (!read.success) {
    const [first, ...rest] = read.error.issues.map(({ path, message }) => ({
      path: ['parameters', ...path].join('.'),
      message,
    }));
    throw badInput(first ?? { path: 'parameters', message: 'is not valid' }, ...rest);
  }
  const { variables, ...words } = read.words;
  const subject = oneLine(words.subject);
  const html: string = await liquid.renderFile(
    definition.file,
    { ...variables, ...words, subject, tenantName },
    // Partials see these too.
    { globals: brandOf(given.brand) },
  );
  toText ??= openToText();
  return { subject, html, text: (await toText)(html) };
}

/** Without control characters and line breaks: fit for a header. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
