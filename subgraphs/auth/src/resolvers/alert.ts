import type {
  AlertDeliveryResolvers,
  AlertDeliveryStatus,
  AlertRuleResolvers,
  SecurityEventType,
  Severity,
} from '../../generated/resolvers.ts';
import { lastAlertDeliveries } from '../queries/alert-deliveries.ts';

const shownDeliveries = 20;

export const AlertRule: AlertRuleResolvers = {
  types: ({ types }) => types as SecurityEventType[],
  minSeverity: ({ minSeverity }) => minSeverity as Severity,
  deliveries: ({ id }, _args, { services }) => lastAlertDeliveries(services.database.db, id, shownDeliveries),
};

export const AlertDelivery: AlertDeliveryResolvers = {
  alertId: ({ body }) => body.id,
  status: ({ status }) => status as AlertDeliveryStatus,
};
