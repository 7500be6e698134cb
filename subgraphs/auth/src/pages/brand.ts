import type { Tenant } from '../tenants.ts';

/** How the pages of a tenant look. */
export type Brand = Pick<
  Tenant,
  'name' | 'primaryColor' | 'onPrimaryColor' | 'backgroundColor' | 'logoUrl' | 'supportUrl'
>;

/** Nothing but `#rrggbb` gets into a style. */
const color = (value: string | null): string | null => (value && /^#[0-9a-f]{6}$/.test(value) ? value : null);

/** The tenant's part of the style: its colours hold in light and dark alike. */
export function brandStyle({ primaryColor, onPrimaryColor, backgroundColor }: Brand): string {
  const [primary, onPrimary, background] = [primaryColor, onPrimaryColor, backgroundColor].map(color);
  return [
    primary && onPrimary
      ? `:root { --accent: ${primary}; --on-accent: ${onPrimary}; }\n.plain { color: inherit; }\n`
      : '',
    background ? `:root { --ground: ${background}; }\n` : '',
  ].join('');
}
