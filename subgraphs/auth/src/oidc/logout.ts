import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { Brand } from '../pages/brand.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { currentUnit } from '../unit-of-work.ts';
import { tokenRequest } from './token-request.ts';

type LogoutPages = Pick<
  NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>,
  'logoutSource' | 'postLogoutSuccessSource'
>;

/** The pages of RP-initiated logout: a person is asked, for anybody's link may lead here. */
export const logoutPages = (brand: Brand): LogoutPages => ({
  logoutSource(ctx) {
    const { client, session } = ctx.oidc;
    const name = client?.clientName;
    ctx.body = page(
      brand,
      'Sign out?',
      html`${name ? html`<p><strong>${name}</strong> asks you to sign out.</p>` : html``}
<form method="post" action="${ctx.oidc.urlFor('end_session_confirm')}">
<input type="hidden" name="xsrf" value="${String(session?.state?.secret ?? '')}">
<button type="submit" name="logout" value="yes">Sign out</button>
<button type="submit">Stay signed in</button>
</form>`,
    );
  },
  postLogoutSuccessSource(ctx) {
    ctx.type = 'html';
    ctx.body = page(brand, 'Signed out', html`<p>You can close this page.</p>`);
  },
});

/** Whoever signs out in the browser ends the session whole, with the tokens of every client. */
export async function endLoggedOutSession(ctx: KoaContextWithOIDC, tenantId: string): Promise<void> {
  const unit = currentUnit();
  const { session, params, route } = ctx.oidc;
  if (!unit || route !== 'end_session_confirm' || !params?.logout || !session?.accountId) return;
  const { accountId: userId, uid: sessionId } = session;
  const ended = await endSessions(unit, { tenantId, userId, sessionId, logoutType: 'manual' });
  if (ended.length === 0) return;
  const { client } = tokenRequest();
  const origin = { ipAddress: client.ipAddress || null, userAgent: client.userAgent };
  unit.securityEvent({ tenantId, type: 'LOGGED_OUT', userId, origin, details: { sessionId } });
}
