import { createServer } from 'node:http';
import { newId } from '@gatehouse/data';
import type { Caller, UserPrincipal } from '@gatehouse/identity';
import { closeServer, listen } from '@gatehouse/service-kit';
import { bounceMail } from '@gatehouse/testkit/mail-reports';
import {
  confirmation,
  eventually,
  sendMailDocument,
  service,
  signedIn,
  startNotification,
} from './harness.ts';
import { type Received, startSmtp } from './smtp-server.ts';

export const secret = 'a-secret-of-the-operator,-of-some-length';
export const tenantId = newId();

/** What an account asks for. */
export const reset = {
  template: 'RESET_PASSWORD',
  parameters: { link: 'https://id.example/r?code=1', expiresAt: new Date(Date.now() + 60_000).toISOString() },
};

/** Mails over a server that refuses some, with a route that takes reports of them. */
export async function startReportedMails() {
  const smtp = await startSmtp({
    dsn: true,
    at(step, address) {
      if (step !== 'RCPT TO') return undefined;
      if (address.startsWith('gone')) return '550 5.1.1 There is nobody of that name';
      if (address.startsWith('policy')) return '550 5.7.1 Relaying denied';
      return address.startsWith('bare') ? '550 No' : undefined;
    },
  });
  const notification = await startNotification({
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    mailFrom: 'Acme <no-reply@id.example>',
    mailReturnPath: 'bounces@mail.id.example',
    mailReportsSecret: secret,
    pollMs: 20,
  });
  const told: { data: { on: { id: string | null } | null } }[] = [];
  await notification.deps.bus.subscribe({
    group: 'test',
    types: ['audit.recorded'],
    handler: async (event) => void told.push(event),
  });
  const [route] = notification.subgraph.routes;
  const server = createServer((request, response) => {
    void route?.handle(request, response, { ipAddress: '192.0.2.1', userAgent: null, host: 'any.example' });
  });
  const url = `http://127.0.0.1:${await listen(server, { port: 0, host: '127.0.0.1' })}/mail/reports`;

  const { ask } = notification;
  const query = async (text: string, values: unknown[] = []) =>
    (await notification.deps.database.pool.query(text, values)).rows;

  return {
    url,
    notification,
    ask,
    query,
    /** Asks for a mail, and waits until it is settled: its record, and the mail where it left. */
    async send(to: string, given: Record<string, unknown> = {}) {
      const input = confirmation({ to, tenantId, ...given });
      await ask(service, sendMailDocument, { input });
      const row = await eventually(async () => {
        const [found] = await query('select * from delivery where idempotency_key = $1', [
          input.idempotencyKey,
        ]);
        return ['queued', 'failed'].includes(found?.status) ? null : found;
      });
      const mail = smtp.received.findLast(({ message }) => message.includes(row.report_token));
      return { id: row.id as string, row, mail };
    },
    rowOf: async (id: string) => (await query('select * from delivery where id = $1', [id]))[0],
    /** Passes a report on; the status of the answer. */
    async post(body: Buffer | string, headers: Record<string, string> = {}) {
      const given = { 'content-type': 'message/rfc822', authorization: `Bearer ${secret}`, ...headers };
      const init = { method: 'POST', headers: given, body: new Uint8Array(Buffer.from(body)) };
      return (await fetch(url, init)).status;
    },
    suppressionsOf: async (address: string, tenant = tenantId) =>
      (await ask(administrator(tenant), list, { filter: { address } })).data.suppressions.nodes,
    lift: (id: string, caller = administrator()) =>
      ask(
        caller,
        'mutation ($input: LiftSuppressionInput!) { liftSuppression(input: $input) { suppressionId } }',
        { input: { suppressionId: id } },
      ),
    /** What the audit log is told of a thing, and of all. */
    toldOf: (id: string) => told.filter(({ data }) => data.on?.id === id).map(({ data }) => data),
    told,
    async stop() {
      await closeServer(server, 100);
      await notification.stop();
      await smtp.stop();
    },
  };
}

export type ReportedMails = Awaited<ReturnType<typeof startReportedMails>>;

export const list = `query ($filter: SuppressionFilter, $first: Int, $after: String) {
  suppressions(filter: $filter, first: $first, after: $after) {
    nodes { id address kind reasonCode user { id } } pageInfo { hasNextPage endCursor } } }`;

export const headersOf = (mail: Received | undefined): Record<string, string> => {
  if (!mail) throw new Error('it never left');
  const [head = ''] = mail.message.split('\r\n\r\n');
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(unfolded.map((line) => line.split(/: (.*)/s, 2) as [string, string]));
};

/** What the receiving server sends back of a mail. */
export const bounceOf = (
  mail: Received | undefined,
  given: Partial<Parameters<typeof bounceMail>[0]> = {},
): Promise<Buffer> =>
  bounceMail({ headers: headersOf(mail), to: mail?.from ?? '', recipient: mail?.to[0] ?? '', ...given });

export const administrator = (
  tenant = tenantId,
  permissions = ['notifications:read', 'notifications:write'],
): Caller => {
  const caller = signedIn({ tenantId: tenant, userId: newId() });
  return { ...caller, principal: { ...(caller.principal as UserPrincipal), permissions } };
};

export const codeOf = (answer: { errors?: { extensions?: { code?: unknown } }[] }): unknown =>
  answer.errors?.[0]?.extensions?.code;
