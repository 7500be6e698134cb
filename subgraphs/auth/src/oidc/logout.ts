import { within } from '@gatehouse/service-kit';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { providerLogout } from '../federation/provider-logout-url.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { currentUnit } from '../unit-of-work.ts';
import { signedOutCookie } from './cookies.ts';
import type { HomeTenant } from './issuers.ts';
import type { ProviderDeps } from './provider.ts';
import { tokenRequest } from './token-request.ts';

/** A page does not wait longer for a provider to say where people sign out. */
const providerMs = 3_000;

type LogoutPages = Pick<
  NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>,
  'logoutSource' | 'postLogoutSuccessSource'
>;

/** The pages of RP-initiated logout: a person is asked, for anybody's link may lead here. */
export const logoutPages = (deps: ProviderDeps, tenant: HomeTenant): LogoutPages => ({
  logoutSource(ctx) {
    const { client, session } = ctx.oidc;
    const name = client?.clientName;
    ctx.body = page(
      tenant,
      'Sign out?',
      html`${name ? html`<p><strong>${name}</strong> asks you to sign out.</p>` : html``}
<form method="post" action="${ctx.oidc.urlFor('end_session_confirm')}">
<input type="hidden" name="xsrf" value="${String(session?.state?.secret ?? '')}">
<button type="submit" name="logout" value="yes">Sign out</button>
<button type="submit">Stay signed in</button>
</form>`,
    );
  },
  async postLogoutSuccessSource(ctx) {
    const there = await signedInThere(deps, tenant, ctx);
    ctx.type = 'html';
    ctx.body = page(
      tenant,
      'Signed out',
      there
        ? html`<p>You may still be signed in at <strong>${there.name}</strong>, where you came from.</p>
<p><a class="button plain" href="${there.url}" rel="noreferrer">Sign out at ${there.name}</a></p>`
        : html`<p>You can close this page.</p>`,
    );
  },
});

/** Where the session came from that this browser has just signed out of: once, for the link is good for who sees it. */
async function signedInThere(deps: ProviderDeps, tenant: HomeTenant, ctx: KoaContextWithOIDC) {
  const cookie = signedOutCookie(tenant, ctx);
  const sessionId = cookie.get();
  if (!sessionId) return null;
  cookie.clear();
  const asked = providerLogout(deps, { tenantId: tenant.id, sessionId }, tenant.publicUrl);
  return within(providerMs, asked).catch(() => null);
}

/** Whoever signs out in the browser ends the session whole, with the tokens of every client. */
export async function endLoggedOutSession(ctx: KoaContextWithOIDC, tenant: HomeTenant): Promise<void> {
  const unit = currentUnit();
  const { session, params, route } = ctx.oidc;
  if (!unit || route !== 'end_session_confirm' || !params?.logout || !session?.accountId) return;
  const { accountId: userId, uid: sessionId } = session;
  const { id: tenantId } = tenant;
  signedOutCookie(tenant, ctx).set(sessionId);
  const ended = await endSessions(unit, { tenantId, userId, sessionId, logoutType: 'manual' });
  if (ended.length === 0) return;
  const { client } = tokenRequest();
  const origin = { ipAddress: client.ipAddress || null, userAgent: client.userAgent };
  unit.securityEvent({ tenantId, type: 'LOGGED_OUT', userId, origin, details: { sessionId } });
}
