import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { networkOfAddress } from '../addresses/network.ts';
import { invalidCredentials } from '../check-password.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { findSignInHistory } from '../queries/risk.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import { RecordedRefusal, type UnitOfWork } from '../unit-of-work.ts';
import { assess } from './assess.ts';
import { deviceOf } from './device.ts';
import type { Risk } from './risk.ts';
import { defaultRiskPolicy } from './risk-policy.ts';

/** A sign-in that was judged, and whether it needs a second step for its risk. */
export type JudgedRisk = Risk & { asks: boolean };

/**
 * Judges a sign-in whose first step was good, by one query. From the tenant's highest score on it is refused as a wrong
 * password is, which its holder is told by mail; from the lower one a second step is asked for, unless `amr` shows that one
 * was done. INVALID_CREDENTIALS, by a refusal that commits what it recorded.
 */
export async function judgeSignIn(
  services: Services,
  unit: UnitOfWork,
  login: {
    subject: Subject;
    amr: readonly string[];
    client: ClientInfo;
    deviceToken?: string | undefined;
    /** Failed attempts at the account before this one. */
    failures?: number;
  },
): Promise<JudgedRisk> {
  const { subject, amr, client, deviceToken, failures = 0 } = login;
  const { tenantId, userId } = subject;
  const origin = originOf(client);
  const ipAddress = origin.ipAddress ?? '';
  const network = networkOfAddress(ipAddress);
  const [found] = await findSignInHistory(unit.tx, [
    tenantId,
    userId,
    network,
    services.config.blockWindowSeconds,
    deviceToken === undefined ? null : sha256(deviceToken),
  ]);
  const policy = found?.policy ?? defaultRiskPolicy;
  const risk = assess(
    services,
    policy,
    {
      ipAddress,
      network,
      device: deviceOf(origin.userAgent),
      remembered: found?.remembered ?? false,
      accountFailures: failures,
    },
    {
      places: (found?.places ?? []).map(({ ip_address, last_seen_at, ...place }) => ({
        ...place,
        ipAddress: ip_address,
        lastSeenAt: last_seen_at,
      })),
      networkFailures: found?.network_failures ?? 0,
    },
  );
  if (policy.refuseFrom !== null && risk.score >= policy.refuseFrom) throw await refusal(unit, login, risk);
  const proved = amr.includes('mfa') || amr.includes('otp');
  return { ...risk, asks: policy.askFrom !== null && risk.score >= policy.askFrom && !proved };
}

/** Records a sign-in that comes to nothing for its risk, for its holder to be told; what the caller gets is to be thrown. */
export async function refusal(
  unit: UnitOfWork,
  { subject, client }: { subject: Subject; client: ClientInfo },
  { score, reasons }: Risk,
): Promise<RecordedRefusal> {
  const { tenantId, userId } = subject;
  const origin = originOf(client);
  unit.securityEvent({ tenantId, type: 'LOGIN_REFUSED', userId, origin, details: { score, reasons } });
  await unit.event('auth.sign_in_refused', tenantId, userId, { userId, ...origin });
  return new RecordedRefusal(invalidCredentials());
}
