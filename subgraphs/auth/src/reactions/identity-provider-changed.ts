import type { Services } from '../services.ts';
import { react } from './react.ts';

/**
 * Tells the gateways of a changed provider once more: whoever changed it has done so after its commit, unless it died in
 * between.
 */
export const identityProviderChanged = (services: Services) =>
  react(
    services,
    'auth.identity-provider-changed',
    ['auth.identity_provider_changed'],
    async (unit, event) => {
      unit.revoke({ userId: event.data.providerId, ended: false, isProvider: true });
    },
  );
