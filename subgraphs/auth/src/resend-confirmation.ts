import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { type MailAnswer, requestMail } from './codes/request-mail.ts';
import type { Services } from './services.ts';

/** Mails a new confirmation code, if the address waits for one, and revokes the older. The same answer for every address. */
export const resendConfirmation = (
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<MailAnswer> => requestMail(services, 'confirm', request, client);
