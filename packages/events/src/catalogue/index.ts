import type { z } from 'zod';
import { accountEvents } from './account.ts';
import { appointmentEvents } from './appointment.ts';
import { auditEvents } from './audit.ts';
import { authEvents } from './auth.ts';
import { campaignEvents } from './campaign.ts';
import { complianceEvents } from './compliance.ts';
import { paymentEvents } from './payment.ts';
import { subscriptionEvents } from './subscription.ts';
import { tenantEvents } from './tenant.ts';
import { userEvents } from './user.ts';
import { userAccessEvents } from './user-access.ts';

const definitions = [
  ...userEvents,
  ...userAccessEvents,
  ...authEvents,
  ...auditEvents,
  ...accountEvents,
  ...campaignEvents,
  ...subscriptionEvents,
  ...complianceEvents,
  ...appointmentEvents,
  ...paymentEvents,
  ...tenantEvents,
] as const;

type Definitions = { [D in (typeof definitions)[number] as D['type']]: D };

/** Every event that Gatehouse publishes or consumes, by its type. */
export const catalogue = Object.fromEntries(
  definitions.map((one) => [one.type, one]),
) as unknown as Definitions;

export type EventType = keyof Definitions;
/** The `data` of an event. */
export type EventData<T extends EventType> = z.output<Definitions[T]['consumed']>;

export const eventTypes = Object.keys(catalogue) as EventType[];
export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);
