import type { ApiKey } from '../tables/api-key.ts';
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
export type ClientParent = OauthClient;
export type ApiKeyParent = ApiKey;
export type MfaParent = { tenantId: string; userId: string };
export type MfaFactorParent = MfaFactor;
export type RememberedDeviceParent = RememberedDevice;
export type MfaPolicyParent = MfaPolicyRow;
