import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { originOf } from '@gatehouse/identity';
import { type ErrorCode, GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo, Route } from '@gatehouse/service-kit/subgraph';
import type { Services } from '../services.ts';
import { findTenant, requireOpen } from '../tenants.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { exportPath, openExport, recordDownload } from './export-audit-log.ts';
import { contentTypes, extensions, streamsOf } from './export-rows.ts';

const statuses: Partial<Record<ErrorCode, number>> = {
  FORBIDDEN: 403,
  TENANT_SUSPENDED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
};

/** Exports of the audit log over HTTP. Whoever holds the URL may use it; who is asking is noted, and not looked at. */
export const auditRoute = (services: Services): Route => ({
  prefix: '/audit',
  async handle(request, response, client) {
    try {
      await download(services, request, response, client);
    } catch (error) {
      if (response.headersSent || !(error instanceof GatehouseError)) throw error;
      refuse(response, error);
    }
  },
});

async function download(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const token = path.startsWith(exportPath) ? path.slice(exportPath.length) : '';
  if (!token) throw new GatehouseError('NOT_FOUND', 'There is nothing here.');
  if (request.method !== 'GET') throw new GatehouseError('METHOD_NOT_ALLOWED', 'Use GET.');
  const wanted = await openExport(services, token);
  const tenant = await findTenant(services, wanted.selection.tenantId);
  if (!tenant) throw new GatehouseError('NOT_FOUND', 'There is no such tenant.');
  requireOpen(tenant);
  await inUnitOfWork(services, async (unit) => recordDownload(unit, wanted, originOf(client)));
  response.writeHead(200, {
    'content-type': contentTypes[wanted.format],
    'content-disposition': `attachment; filename="audit-log.${extensions[wanted.format]}"`,
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  try {
    await pipeline([...streamsOf(services, wanted), response]);
  } catch (err) {
    // A client that leaves is no failure; a file that breaks off hangs up, so that nobody takes it for whole.
    if (!request.socket.destroyed) services.logger.error({ err }, 'an export of the audit log broke off');
    response.destroy();
  }
}

function refuse(response: ServerResponse, { code, message, extensions }: GatehouseError): void {
  response
    .writeHead(statuses[code] ?? 400, {
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      ...(code === 'METHOD_NOT_ALLOWED' && { allow: 'GET' }),
    })
    .end(JSON.stringify({ errors: [{ message, extensions }] }));
}
