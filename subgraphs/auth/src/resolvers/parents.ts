import type { NamedConsent } from '../queries/consents.ts';
import type { AlertDelivery } from '../tables/alert-delivery.ts';
import type { AlertRule } from '../tables/alert-rule.ts';
import type { ApiKey } from '../tables/api-key.ts';
import type { AuditEntryRow } from '../tables/audit-entry.ts';
import type { BlockedAddress } from '../tables/blocked-address.ts';
import type { MfaFactor } from '../tables/mfa-factor.ts';
import type { MfaPolicyRow } from '../tables/mfa-policy.ts';
import type { OauthClient } from '../tables/oauth-client.ts';
import type { RememberedDevice } from '../tables/remembered-device.ts';
import type { SecurityEventRow } from '../tables/security-event.ts';
import type { SessionRow } from '../tables/session.ts';

export type UserParent = { id: string };
/** As much of a session as the principal of its tokens says. */
export type OwnSession = Pick<SessionRow, 'id' | 'tenantId' | 'userId' | 'amr' | 'authTime'>;
export type SessionParent = OwnSession | SessionRow;
export type SecurityEventParent = SecurityEventRow;
export type AlertRuleParent = AlertRule;
export type AlertDeliveryParent = AlertDelivery;
export type AuditEntryParent = AuditEntryRow;
export type ClientParent = OauthClient;
export type ConsentParent = NamedConsent;
export type ApiKeyParent = ApiKey;
export type BlockedAddressParent = BlockedAddress;
export type MfaParent = { tenantId: string; userId: string };
export type MfaFactorParent = MfaFactor;
export type RememberedDeviceParent = RememberedDevice;
export type MfaPolicyParent = MfaPolicyRow;
