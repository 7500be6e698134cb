import type { Tenant } from '../tenants.ts';

/** How the pages of a tenant look. */
export type Brand = Pick<
  Tenant,
  'name' | 'primaryColor' | 'onPrimaryColor' | 'backgroundColor' | 'logoUrl' | 'supportUrl'
>;

/** Nothing but `#rrggbb` gets into a style. */
const color = (value: string | null): string | null => (value && /^#[0-9a-f]{6}$/.test(value) ? value : null);

/** The tenant's part of the style. A background of its own is for light and dark alike, and its text is set off from it. */
export function brandStyle({ primaryColor, onPrimaryColor, backgroundColor }: Brand): string {
  const [primary, onPrimary, background] = [primaryColor, onPrimaryColor, backgroundColor].map(color);
  return [
    primary && onPrimary
      ? `form:first-of-type button:first-of-type { background: ${primary}; color: ${onPrimary}; border-color: ${primary}; }\n`
      : '',
    background
      ? `html { background: ${background}; }\nbody { background: Canvas; padding: 1rem 2rem; }\n`
      : '',
  ].join('');
}
