import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { type Route, readBody } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { recordSmsDelivered, recordSmsFailed } from '../queries/deliveries.ts';

const prefix = '/sms/status';

/** Where Twilio tells what became of an SMS; a path of the public URL, below it the id of the delivery. */
export const smsStatusUrl = (publicUrl: string): string | null => {
  const { hostname } = new URL(publicUrl);
  // Twilio refuses the whole message when it could not reach this.
  const reachable = hostname !== 'localhost' && !hostname.startsWith('127.') && hostname !== '[::1]';
  return reachable ? publicUrl.replace(/\/$/, '') + prefix : null;
};

/** More than Twilio's report of one message has. Bytes and fields: checking a signature costs a stranger's request no more. */
const maxBodyBytes = 8_192;
const maxFields = 50;

const path = /^\/sms\/status\/([0-9a-f-]{36})$/;
const report = z.object({
  MessageSid: z.string().regex(/^[A-Z]{2}[0-9a-f]{32}$/),
  MessageStatus: z.string().max(40),
  ErrorCode: z
    .string()
    .regex(/^\d{1,8}$/)
    .optional(),
});

/**
 * `POST /sms/status/<delivery>`: what Twilio reports. Whoever can't sign as Twilio does (X-Twilio-Signature, over the URL of the
 * configuration and the form) gets 403 before anything is looked up. A report may come again, late, or before the answer to the
 * message it is about.
 */
export const smsStatusRoute = (options: {
  database: Database;
  authToken: string;
  publicUrl: string;
}): Route => ({
  prefix,
  async handle(request, response) {
    response.setHeader('cache-control', 'no-store');
    try {
      await take(options, request, response);
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      refuse(response, error.code === 'PAYLOAD_TOO_LARGE' ? 413 : 400, error.code, error.message);
    }
  },
});

async function take(
  { database, authToken, publicUrl }: Parameters<typeof smsStatusRoute>[0],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Reports are posted.');
  }
  const fields = new URLSearchParams(await readBody(request, maxBodyBytes));
  const form = Object.fromEntries(fields);
  const signature = request.headers['x-twilio-signature'];
  const url = publicUrl.replace(/\/$/, '') + request.url;
  const { validateRequest } = (await import('twilio')).default;
  const signed =
    typeof signature === 'string' &&
    fields.size <= maxFields &&
    Object.keys(form).length === fields.size &&
    validateRequest(authToken, signature, url, form);
  if (!signed) return refuse(response, 403, 'FORBIDDEN', 'The signature does not fit.');
  const deliveryId = path.exec(request.url ?? '')?.[1];
  const read = report.safeParse(form);
  if (!deliveryId || !z.uuid().safeParse(deliveryId).success || !read.success) {
    return refuse(response, 400, 'BAD_REQUEST', 'This is no report of a message.');
  }
  const { MessageSid: providerId, MessageStatus: status, ErrorCode: code } = read.data;
  if (status === 'delivered' || status === 'read') {
    await recordSmsDelivered(database.db, { deliveryId, providerId });
  } else if (status === 'failed' || status === 'undelivered' || status === 'canceled') {
    const error = `Twilio: ${status}${code ? ` ${code}` : ''}`;
    await recordSmsFailed(database.db, { deliveryId, providerId, error });
  }
  response.writeHead(204).end();
}

const refuse = (response: ServerResponse, status: number, code: string, message: string): void =>
  void response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
