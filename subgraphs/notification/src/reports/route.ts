import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '@gatehouse/data';
import { GatehouseError, type Logger, type Metrics } from '@gatehouse/service-kit';
import { type Route, readBytes } from '@gatehouse/service-kit/subgraph';
import { countReport } from './measure-reports.ts';
import { type MailReport, readReport } from './read-report.ts';
import { takeReport } from './take-report.ts';

const prefix = '/mail/reports';

/** A report with the whole of a mail of ours in it has half of that; reading the worst of this size takes a third of a second. */
const maxBodyBytes = 131_072;

type Options = { database: Database; logger: Logger; metrics: Metrics; secret: string };

/**
 * `POST /mail/reports`: a raw mail (message/rfc822) that says what became of one of ours, from whoever has the secret (`Authorization: Bearer`).
 * 204 for every mail, those included that are no reports or can't be read: strangers wrote them, and whoever passes them on can do nothing about it.
 */
export const mailReportsRoute = (options: Options): Route => ({
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

async function take(options: Options, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isAllowed(options.secret, request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Bearer');
    return refuse(response, 401, 'UNAUTHENTICATED', 'This needs the secret of mail reports.');
  }
  if (request.url?.replace(/\?.*$/s, '') !== prefix) {
    return refuse(response, 404, 'NOT_FOUND', 'There is nothing here.');
  }
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Reports are posted.');
  }
  if (!/^message\/(rfc822|global)\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    return refuse(response, 415, 'UNSUPPORTED_MEDIA_TYPE', 'A report is a raw mail, message/rfc822.');
  }
  const raw = withoutMboxLine(await readBytes(request, maxBodyBytes));
  // Every mail that went through a server has a header.
  if (!/^[!-9;-~]+:/.test(raw.toString('latin1', 0, 200)))
    return refuse(response, 400, 'BAD_REQUEST', 'This is no mail.');
  await record(options, raw);
  response.writeHead(204).end();
}

/** Postfix, Exim and Sendmail write `From sender date` before a mail that they pipe to a command (RFC 4155). */
const withoutMboxLine = (bytes: Buffer): Buffer =>
  bytes.toString('latin1', 0, 5) === 'From ' ? bytes.subarray(bytes.indexOf('\n') + 1) : bytes;

async function record({ database, logger, metrics }: Options, raw: Uint8Array): Promise<void> {
  let report: MailReport | null;
  try {
    report = await readReport(raw);
  } catch (err) {
    countReport(metrics, 'unreadable');
    return logger.info({ err }, 'a mail to where reports are taken is past the limits of its parser');
  }
  const outcome = report ? await takeReport({ database }, report) : 'ignored';
  countReport(metrics, outcome);
  // Who wrote it may have written anything: nothing of it but what it is about and came to.
  logger.info(
    { report: report?.kind ?? null, delivery: report?.reportIds[0]?.deliveryId, outcome },
    'mail report',
  );
}

/** Hashed, so that neither the length nor the beginning of a guess shows in the time. */
function isAllowed(secret: string, authorization: string | undefined): boolean {
  const [, given = ''] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

const refuse = (response: ServerResponse, status: number, code: string, message: string): void =>
  void response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
