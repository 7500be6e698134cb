import type { Resolvers } from '../../generated/resolvers.ts';
import type { NotificationDeps } from '../deps.ts';
import { type MailRequest, sendMail } from '../send-mail.ts';
import { type SmsRequest, sendSms } from '../send-sms.ts';
import type { TenantBrands } from '../tenant-brands.ts';

/** What other services ask for. */
export const serviceResolvers = (deps: NotificationDeps & { brands: TenantBrands }): Resolvers => ({
  Mutation: {
    sendMail: async (_, { input }) => {
      await sendMail(deps, input as MailRequest);
      return true;
    },
    sendSms: async (_, { input }) => {
      await sendSms(deps, input as SmsRequest);
      return true;
    },
  },
});
