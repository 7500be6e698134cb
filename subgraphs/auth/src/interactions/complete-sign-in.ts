import { newId } from '@gatehouse/data';
import { acrOf } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Issuer } from '../oidc/issuers.ts';
import { sessionRow } from '../oidc/session-grant.ts';
import { deleteChallengesOfInteraction } from '../queries/mfa-challenges.ts';
import { insertSession, renewAuthentication } from '../queries/sessions.ts';
import type { Risk } from '../risk/risk.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { recordLogin } from '../sessions/open-session.ts';
import type { Subject } from '../subject.ts';
import type { ExternalSession } from '../tables/external-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { Interaction } from './open-interaction.ts';

/** A browser's session: its id, and what the session cookie is to hold. */
export type BrowserSession = { sessionId: string; cookie: string };

/**
 * Notes on the interaction who has signed in, when every factor that is asked for was given; `amr` names them. The one
 * way from a proven identity to a browser's session. Who was signed in here before goes on in the same session; somebody
 * else's session in this browser ends.
 */
export async function completeSignIn(
  unit: UnitOfWork,
  issuer: Issuer,
  interaction: Interaction,
  login: {
    subject: Subject;
    amr: string[];
    client: ClientInfo;
    risk: Risk | null;
    external?: ExternalSession | null | undefined;
  },
): Promise<BrowserSession> {
  const { provider, tenant } = issuer;
  const { subject, amr } = login;
  const accountId = subject.userId;
  const authTime = Math.floor(Date.now() / 1000);
  const acr = acrOf(amr);
  const { session: before } = interaction;
  if (before && before.accountId !== accountId) {
    const { accountId: userId, uid: sessionId } = before;
    await endSessions(unit, { tenantId: tenant.id, userId, sessionId, logoutType: 'manual' });
  }
  const known = before?.accountId === accountId ? await provider.Session.findByUid(before.uid) : undefined;
  const session = known ?? new provider.Session();
  if (!known) session.uid = newId();
  const sessionId = session.uid;
  session.loginAccount({ accountId, loginTs: authTime, acr, amr });
  await session.save(tenant.policy.sessionAbsoluteSeconds);
  const clientId = String(interaction.params.client_id);
  if (known) {
    await renewAuthentication(unit.tx, [sessionId, authTime, amr]);
    unit.revoke({ userId: accountId, sessionId, ended: false });
  } else {
    const values = { id: sessionId, tenant, accountId, clientId, amr, authTime, client: login.client };
    await insertSession(unit.tx, sessionRow(values));
  }
  await recordLogin(unit, { ...login, issuer, sessionId });
  await deleteChallengesOfInteraction(unit.tx, interaction.uid);

  interaction.session = { accountId, uid: sessionId, cookie: session.jti, acr, amr };
  interaction.result = { ...interaction.lastSubmission, login: { accountId, acr, amr, ts: authTime } };
  await interaction.persist();
  return { sessionId, cookie: session.jti };
}
