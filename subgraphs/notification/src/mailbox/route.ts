import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '@gatehouse/data';
import type { Route } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { emptyMailbox, messages } from '../queries/mailbox.ts';
import { mailboxPage } from './page.ts';

const parameters = z.object({ to: z.string().max(254).optional(), message: z.uuid().optional() });

/**
 * The development mailbox: `GET /dev/mailbox` answers JSON, newest first, or a page to whoever accepts HTML; `?to=`
 * filters by recipient, an address or a number. `DELETE` empties it. Only the gateway decides who may come here.
 */
export const mailboxRoute = (database: Database): Route => ({
  prefix: '/dev/mailbox',
  async handle(request, response) {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('cache-control', 'no-store');
    if (!/^\/dev\/mailbox\/?$/.test(url.pathname)) {
      return sendError(response, 404, 'NOT_FOUND', 'There is nothing here.');
    }
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return await show(database, request, response, url);
      case 'DELETE':
        await emptyMailbox(database.db);
        response.writeHead(204).end();
        return;
      default:
        response.setHeader('allow', 'GET, HEAD, DELETE');
        return sendError(response, 405, 'METHOD_NOT_ALLOWED', 'The mailbox answers GET and DELETE.');
    }
  },
});

async function show(database: Database, request: IncomingMessage, response: ServerResponse, url: URL) {
  const read = parameters.safeParse(Object.fromEntries(url.searchParams));
  if (!read.success) {
    return sendError(
      response,
      400,
      'BAD_USER_INPUT',
      'The parameters are `to`, an address or a number, and `message`, an id.',
    );
  }
  const { to, message: id } = read.data;
  const list = await messages(database.db, { to });
  if (/\btext\/html\b/.test(request.headers.accept ?? '')) {
    const page = mailboxPage({ list, to, selected: list.find((message) => message.id === id) });
    for (const [name, value] of Object.entries(page.headers)) response.setHeader(name, value);
    return void response.writeHead(200).end(page.html);
  }
  const body = list.map(({ sender, recipient, ...message }) => ({ ...message, from: sender, to: recipient }));
  sendJson(response, 200, body);
}

const sendError = (response: ServerResponse, status: number, code: string, message: string) =>
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });

const sendJson = (response: ServerResponse, status: number, body: unknown) =>
  void response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    })
    .end(JSON.stringify(body));
