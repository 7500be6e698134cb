import { UndeliverableError } from '../transports/transport.ts';

type SmtpError = Error & {
  code?: string;
  originalCode?: string;
  command?: string;
  response?: string;
  responseCode?: number;
};

/** Of the connection and not of a message: their texts name hosts and certificates, and no people. */
const connectionCodes = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'ETLS'];

/** About who we are and not about the mail: ours to mend (RFC 4954, 6; 503 after a server forgot the connection). */
const ours = [503, 530, 534, 535, 538];

/** The enhanced status code of an answer (RFC 3463), `5.1.1`. */
export const enhancedStatusOf = (response: string | undefined): string | null =>
  /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1] ?? null;

/**
 * What a failed attempt means: UndeliverableError where the server refused this recipient or this message for good (RFC 5321, 4.2.1: 5yz
 * after RCPT TO or DATA), an Error that another attempt may be free of for the rest. Neither repeats what the server wrote: it names
 * addresses.
 */
export function smtpFailureOf(error: SmtpError): Error {
  const { command = '', response, responseCode = 0 } = error;
  const status = enhancedStatusOf(response);
  const message = `SMTP: ${describe(error, status)}`;
  const refused = responseCode >= 500 && responseCode < 600 && !ours.includes(responseCode);
  const isAboutIt = command === 'RCPT TO' || command === 'DATA';
  return refused && isAboutIt ? new UndeliverableError(message, { status }) : new Error(message);
}

function describe(error: SmtpError, status: string | null): string {
  const { code = 'unknown failure', originalCode, command, response, responseCode } = error;
  if (responseCode) return [responseCode, status, command && `to ${command}`].filter(Boolean).join(' ');
  if (response || !connectionCodes.includes(code)) return [code, command].filter(Boolean).join(' at ');
  return `${originalCode ?? code}: ${error.message}`.slice(0, 300);
}
