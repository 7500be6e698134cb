import type { Subscription } from '@gatehouse/events';
import type { Services } from '../services.ts';
import { accountChanged } from './account-changed.ts';
import { accountLocked } from './account-locked.ts';
import { apiKeyCreated } from './api-key-created.ts';
import { auditRecorded } from './audit-recorded.ts';
import { backchannelLogout } from './backchannel-logout.ts';
import { complianceViolated } from './compliance-violated.ts';
import { emailChangeRequested } from './email-change-requested.ts';
import { emailChanged } from './email-changed.ts';
import { identityProviderChanged } from './identity-provider-changed.ts';
import { registered } from './registered.ts';
import { secondFactorChanged } from './second-factor-changed.ts';
import { sessionEnded } from './session-ended.ts';
import { signInReported } from './sign-in-reported.ts';
import { signUpCodeRequested } from './sign-up-code-requested.ts';
import { tenantErased } from './tenant-erased.ts';

/** Every consumer group of this subgraph. */
export const subscribeAll = (services: Services): Promise<Subscription[]> =>
  Promise.all(
    [
      registered,
      accountChanged,
      accountLocked,
      apiKeyCreated,
      complianceViolated,
      emailChangeRequested,
      emailChanged,
      signUpCodeRequested,
      secondFactorChanged,
      identityProviderChanged,
      sessionEnded,
      signInReported,
      backchannelLogout,
      auditRecorded,
      tenantErased,
    ].map((reaction) => reaction(services)),
  );
