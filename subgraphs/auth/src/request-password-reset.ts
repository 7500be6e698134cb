import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { type MailAnswer, requestMail } from './codes/request-mail.ts';
import type { Services } from './services.ts';

/** Mails a link to set a new password to whoever has the address. The same answer for every address. */
export const requestPasswordReset = (
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<MailAnswer> => requestMail(services, 'reset', request, client);
