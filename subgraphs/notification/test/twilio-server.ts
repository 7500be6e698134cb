import { createServer } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import twilio from 'twilio';
import type { TwilioConfig } from '../src/config.ts';

const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const authToken = 'an auth token of Twilio';
export const messagingServiceSid = `MG${'fedcba9876543210'.repeat(2)}`;
const senderNumber = '+15005550006';

type Refusal = { status: number; code: number };
export type Received = Record<string, string> & { sid: string };

/** What the Messages resource takes (twilio.com/docs/messaging/api/message-resource#create-a-message-resource). */
const knownFields = new Set([
  'To',
  'From',
  'MessagingServiceSid',
  'Body',
  'StatusCallback',
  'ValidityPeriod',
]);

/** Twilio's API as its documentation describes it; `refuse` has it answer an error instead. */
export async function startTwilio(
  refuse: (to: string, attempt: number) => Refusal | undefined = () => undefined,
) {
  const received: Received[] = [];
  let attempts = 0;

  const refusalOf = (form: Record<string, string>): Refusal | undefined => {
    if (Object.keys(form).some((name) => !knownFields.has(name))) return { status: 400, code: 21220 };
    if (!form.To) return { status: 400, code: 21604 };
    if (!/^\+[1-9]\d{6,14}$/.test(form.To)) return { status: 400, code: 21211 };
    if (!form.Body) return { status: 400, code: 21602 };
    if (form.Body.length > 1_600) return { status: 400, code: 21617 };
    if (Boolean(form.From) === Boolean(form.MessagingServiceSid)) return { status: 400, code: 21603 };
    if (form.From && form.From !== senderNumber) return { status: 400, code: 21606 };
    if (form.MessagingServiceSid && form.MessagingServiceSid !== messagingServiceSid) {
      return { status: 400, code: 21701 };
    }
    const period = Number(form.ValidityPeriod ?? 36_000);
    if (!Number.isInteger(period) || period < 1 || period > 36_000) return { status: 400, code: 21621 };
    if (form.StatusCallback && !/^https:\/\/[\w.-]+\/\S*$/.test(form.StatusCallback)) {
      return { status: 400, code: 21609 };
    }
    return refuse(form.To, attempts);
  };

  const server = createServer(async (request, response) => {
    attempts++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = (status: number, body: object) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const fail = ({ status, code }: Refusal) =>
      answer(status, {
        code,
        message: `Refused, with what it said: ${Buffer.concat(chunks)}`,
        more_info: `https://www.twilio.com/docs/errors/${code}`,
        status,
      });
    const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    if (request.url !== `/2010-04-01/Accounts/${accountSid}/Messages.json`) {
      return fail({ status: 404, code: 20404 });
    }
    if (request.headers.authorization !== basic) return fail({ status: 401, code: 20003 });
    if (request.method !== 'POST') return fail({ status: 405, code: 20004 });
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') {
      return fail({ status: 400, code: 20001 });
    }
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const refusal = refusalOf(form);
    if (refusal) return fail(refusal);
    const sid = `SM${(received.length + 1).toString(16).padStart(32, '0')}`;
    received.push({ ...form, sid });
    answer(201, { sid, account_sid: accountSid, to: form.To, body: form.Body, status: 'queued' });
  });
  const port = await listen(server, { port: 0, host: '127.0.0.1' });

  const config: TwilioConfig = {
    accountSid,
    authToken,
    from: { number: senderNumber },
    url: `http://127.0.0.1:${port}`,
  };
  return {
    config,
    received,
    attempts: () => attempts,
    /** A report as Twilio posts it. */
    report: (url: string, form: Record<string, string>) => ({
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, url, form),
      },
      body: new URLSearchParams(form).toString(),
    }),
    stop: () => closeServer(server, 100),
  };
}

export type TestTwilio = Awaited<ReturnType<typeof startTwilio>>;
