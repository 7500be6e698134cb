import { acrOf, requirePrincipal, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { SessionResolvers } from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import { providerLogoutUrl } from '../federation/provider-logout-url.ts';
import { deviceFrom } from '../sessions/device.ts';
import type { SessionRow } from '../tables/session.ts';
import { isId, requireSecured, tenantToSee } from './access.ts';
import type { OwnSession, SessionParent } from './parents.ts';

/** The session of a principal, as far as the principal knows it: the token check has just found that it stands. */
export const sessionOf = ({ sessionId, tenantId, userId, amr, authTime }: UserPrincipal): OwnSession => ({
  id: sessionId,
  tenantId,
  userId,
  amr: [...amr],
  authTime: new Date(authTime * 1_000),
});

/**
 * The whole row, read once for a request: from where and on what somebody signed in, which is not every program's to see.
 * FORBIDDEN; UNAUTHENTICATED for a session that has ended since its token was checked.
 */
async function rowOf(session: SessionParent, context: Context): Promise<SessionRow> {
  if ('createdAt' in session) return session;
  requireSecured(requirePrincipal(context.caller));
  const row = await context.loaders.session.load(session);
  if (!row) throw new GatehouseError('UNAUTHENTICATED', 'The session has ended.');
  return row;
}

/** Roles and permissions of whoever's session it is; those of the caller are known without asking. */
function rightsOf({ tenantId, userId }: SessionParent, context: Context) {
  const { principal } = context.caller;
  const isOwn = principal?.kind === 'user' && principal.userId === userId && principal.tenantId === tenantId;
  return isOwn ? principal : context.loaders.subject.load(userId);
}

export const Session: SessionResolvers = {
  async __resolveReference({ id }, context) {
    const { tenantId } = requirePrincipal(context.caller);
    if (!isId(id)) return null;
    const session = await context.loaders.session.load({ tenantId, id });
    return session && tenantToSee(context, session.userId, 'sessions:read') ? session : null;
  },
  acr: ({ amr }) => acrOf(amr),
  user: ({ userId }) => ({ id: userId }),
  tenant: ({ tenantId }) => ({ id: tenantId }),
  roles(session, _args, context) {
    const rights = rightsOf(session, context);
    return rights instanceof Promise ? rights.then((subject) => subject?.roles ?? []) : [...rights.roles];
  },
  permissions(session, _args, context) {
    const rights = rightsOf(session, context);
    if (rights instanceof Promise) return rights.then((subject) => subject?.permissions ?? []);
    return [...rights.permissions];
  },
  providerLogoutUrl: ({ id }, _args, { caller, services }) => {
    const { principal, client } = caller;
    if (principal?.kind !== 'user' || principal.sessionId !== id) return null;
    return providerLogoutUrl(services, principal, client);
  },
  current: ({ id }, _args, { caller }) =>
    caller.principal?.kind === 'user' && caller.principal.sessionId === id,
  createdAt: async (session, _args, context) => (await rowOf(session, context)).createdAt,
  lastSeenAt: async (session, _args, context) => (await rowOf(session, context)).lastSeenAt,
  expiresAt: async (session, _args, context) => (await rowOf(session, context)).expiresAt,
  ipAddress: async (session, _args, context) => (await rowOf(session, context)).ipAddress,
  async place(session, _args, context) {
    const { ipAddress } = await rowOf(session, context);
    return (ipAddress !== null && context.services.geoip.placeOf(ipAddress)) || null;
  },
  userAgent: async (session, _args, context) => (await rowOf(session, context)).userAgent,
  device: async (session, _args, context) => deviceFrom(await rowOf(session, context)),
};
