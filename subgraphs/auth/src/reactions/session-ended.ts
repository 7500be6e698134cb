import type { Services } from '../services.ts';
import { react } from './react.ts';

/**
 * Tells the gateways of an ended session once more: whoever ended it has done so after its commit, unless it died in
 * between.
 */
export const sessionEnded = (services: Services) =>
  react(services, 'auth.session-ended', ['user.logout'], async (unit, event) => {
    const { userId, sessionId } = event.data;
    unit.revoke({ userId, sessionId, ended: true });
  });
