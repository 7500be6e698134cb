import type { Subscription } from '@gatehouse/events';
import { tellOfLogout } from '../oidc/backchannel-logout.ts';
import { withTokenRequest } from '../oidc/token-request.ts';
import { findClientsToTell, markClientTold } from '../queries/session-clients.ts';
import type { Services } from '../services.ts';
import { findTenant } from '../tenants.ts';

const nowhere = { ipAddress: '', userAgent: null, host: '' };

/**
 * Tells the clients of a session that it has ended. One that does not confirm it is told again with growing pauses, as long
 * as the event is repeated; those that have confirmed are not.
 */
export const backchannelLogout = (services: Services): Promise<Subscription> =>
  services.bus.subscribe<'user.logout'>({
    group: 'auth.backchannel-logout',
    types: ['user.logout'],
    async handler({ tenantid: tenantId, data: { userId, sessionId } }) {
      const { db } = services.database;
      const rows = await findClientsToTell(db, [tenantId, sessionId]);
      if (rows.length === 0) return;
      const tenant = await findTenant(services, tenantId);
      if (!tenant) return;
      const { provider } = await services.issuers.of(tenant);
      const request = { client: nowhere, receivedAt: Date.now(), subjects: new Map(), readAhead: new Map() };
      const outcomes = await Promise.allSettled(
        rows.map(({ client_id: clientId }) =>
          withTokenRequest(request, async () => {
            const client = await provider.Client.find(clientId);
            if (client) await tellOfLogout(provider, client, { subject: userId, sessionId });
            await markClientTold(db, [tenantId, sessionId, clientId]);
          }),
        ),
      );
      const failed = outcomes.filter(({ status }) => status === 'rejected').length;
      if (failed > 0) throw new Error(`${failed} clients were not told of a logout`);
    },
  });
