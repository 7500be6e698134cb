import { newId } from '@gatehouse/data';
import { acrOf } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { FindLoginDocument } from '../../generated/calls.ts';
import { checkPassword } from '../check-password.ts';
import { loginInput } from '../login.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { sessionRow } from '../oidc/session-grant.ts';
import { originOf } from '../origin.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { insertSession, renewAuthentication } from '../queries/sessions.ts';
import type { Services } from '../services.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { recordLogin } from '../sessions/open-session.ts';
import type { Subject } from '../subject.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { limitSignIns } from './limit-sign-ins.ts';
import type { Interaction } from './open-interaction.ts';

/**
 * Signs a person in to an interaction with their password: the same check, lock and answer as `login` of the API.
 * INVALID_CREDENTIALS, BAD_USER_INPUT or RATE_LIMITED. Answers what the session cookie is to hold.
 */
export async function signIn(
  services: Services,
  issuer: Issuer,
  interaction: Interaction,
  request: unknown,
  client: ClientInfo,
): Promise<string> {
  await limitSignIns(services, client);
  const { identifier, password } = readInput(loginInput, request);
  const tenantId = issuer.tenant.id;
  const { findLogin: subject } = await services.call('user', FindLoginDocument, { tenantId, identifier });
  return checkPassword(
    services,
    { tenantId, subject: subject ?? undefined, identifier, password, origin: originOf(client) },
    async (unit) => {
      if (!subject) throw new Error('a password was accepted for nobody');
      if ((await findActiveFactors(unit.tx, subject)).length > 0) {
        throw new GatehouseError('CONFLICT', 'This account has a second factor: sign in through the API.');
      }
      return completeSignIn(services, unit, issuer, interaction, { subject, amr: ['pwd'], client });
    },
  );
}

/**
 * Notes on the interaction who has signed in, when every factor that is asked for was given; `amr` names them. The one
 * way from a proven identity to a browser's session. Who was signed in here before goes on in the same session; somebody
 * else's session in this browser ends.
 */
export async function completeSignIn(
  services: Services,
  unit: UnitOfWork,
  issuer: Issuer,
  interaction: Interaction,
  login: { subject: Subject; amr: string[]; client: ClientInfo },
): Promise<string> {
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
  session.loginAccount({ accountId, loginTs: authTime, acr, amr });
  await session.save(services.config.sessionAbsoluteTtl);
  const clientId = String(interaction.params.client_id);
  if (known) await renewAuthentication(unit.tx, [session.uid, authTime, amr]);
  else {
    const values = { id: session.uid, tenant, accountId, clientId, amr, authTime, client: login.client };
    await insertSession(unit.tx, sessionRow(services, values));
  }
  await recordLogin(unit, { ...login, sessionId: session.uid });

  interaction.session = { accountId, uid: session.uid, cookie: session.jti, acr, amr };
  interaction.result = { ...interaction.lastSubmission, login: { accountId, acr, amr, ts: authTime } };
  await interaction.persist();
  return session.jti;
}
