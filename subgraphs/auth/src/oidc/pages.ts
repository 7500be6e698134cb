import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Brand } from '../pages/brand.ts';
import { pageHeaders } from '../pages/page.ts';

/**
 * Headers for the pages that oidc-provider answers. Its own forms that submit themselves (a logout without a session)
 * add the hash of their script to the policy.
 */
export const securePages =
  (brand: Brand) =>
  (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (ctx.path === '/device' && ctx.method === 'GET') {
      // A code in the link is filled in, and sent by the person only (RFC 8628 §5.4).
      ctx.state.userCode = String(ctx.query.user_code ?? '').slice(0, 32);
      ctx.query = {};
    }
    if (isPage(ctx.path)) ctx.set(pageHeaders(brand, ctx.query.redirect_uri));
    return next();
  };

const isPage = (path: string): boolean => /^\/(authorize|device|logout)(\/|$)/.test(path);
