import type { Twilio } from 'twilio';
import type { TwilioConfig } from '../config.ts';
import { type Transport, UndeliverableError } from './transport.ts';

type RestError = Error & { status?: number; code?: number | string };

/** What Twilio accepts as life of a message. Seconds. */
const validity = { least: 1, most: 36_000 };

/**
 * Refusals that are about the recipient or the message. The number of the account, its balance and its permissions are ours to
 * mend, so those are tried again (twilio.com/docs/api/errors).
 */
const permanent = new Set([
  21211, // not a phone number
  21214, // can not be reached
  21217, // not a phone number
  21265, // a short code
  21408, // its country is not switched on
  21610, // its holder has said STOP
  21612, // no route from our number
  21614, // not a mobile number
  21617, // the text is too long
  30006, // a landline
]);

/**
 * SMS over Twilio's Messages resource. At least once: a crash between handing over and recording repeats, unless Twilio's report
 * comes first. Nothing of Twilio's errors is passed on but their numbers: they hold the request.
 */
export function createTwilioTransport(options: TwilioConfig & { statusUrl: string | null }): Transport {
  const { accountSid, authToken, from, url, statusUrl } = options;
  const sender = 'number' in from ? { from: from.number } : from;
  // Loaded with the first SMS: who sends none does not pay for it.
  let client: Promise<Twilio> | undefined;
  const connect = async () => {
    const { default: twilio } = await import('twilio');
    const made = twilio(accountSid, authToken, { timeout: 15_000, maxRetries: 0 });
    made.api.baseUrl = url;
    return made;
  };

  return {
    leaseMs: 60_000,
    async deliver({ id, recipient: to, text: body, expiresAt }) {
      client ??= connect();
      const { messages } = await client;
      try {
        const { sid } = await messages.create({
          ...sender,
          to,
          body,
          ...(statusUrl && { statusCallback: `${statusUrl}/${id}` }),
          ...(expiresAt && { validityPeriod: validityOf(expiresAt) }),
        });
        return sid;
      } catch (error) {
        const { status, code } = error as RestError;
        const reason = `Twilio: ${[status, code].filter(Boolean).join(' ') || 'no answer'}`;
        throw permanent.has(Number(code)) ? new UndeliverableError(reason) : new Error(reason);
      }
    },
    async close() {},
  };
}

const validityOf = (expiresAt: Date): number =>
  Math.min(Math.max(Math.ceil((expiresAt.getTime() - Date.now()) / 1000), validity.least), validity.most);
