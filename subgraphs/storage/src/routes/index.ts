import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import type { Route } from '@gatehouse/service-kit/subgraph';
import type { StorageDeps } from '../deps.ts';
import { checkSignature, type SignedMethod, tenantOf } from '../signed-url.ts';
import type { Tenants } from '../tenants.ts';
import { sendRefusal } from './answer.ts';
import { getDocument } from './download.ts';
import { putUpload } from './upload.ts';

type Handler = (
  deps: StorageDeps,
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;
type Path = { method: SignedMethod; methods: readonly string[]; handle: Handler };

const paths: Record<string, Path> = {
  uploads: { method: 'PUT', methods: ['PUT'], handle: putUpload },
  documents: { method: 'GET', methods: ['GET', 'HEAD'], handle: getDocument },
};

/** Content of documents over HTTP. Whoever holds a signed URL may use it; who is asking is not looked at. */
export const storageRoute = (deps: StorageDeps, tenants: Tenants): Route => ({
  prefix: '/storage',
  async handle(request, response) {
    try {
      const { id, path, tenantId } = find(deps.config.secret, request);
      await tenants.requireOpen(tenantId);
      await path.handle(deps, id, request, response);
    } catch (error) {
      if (response.headersSent || !sendRefusal(request, response, error)) throw error;
    }
  },
});

function find(secret: string, request: IncomingMessage): { id: string; path: Path; tenantId: string } {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, noun = '', id = ''] = /^\/storage\/([a-z]+)\/([0-9a-f-]{36})$/.exec(url.pathname) ?? [];
  const path = Object.hasOwn(paths, noun) ? paths[noun] : undefined;
  if (!path) throw new GatehouseError('NOT_FOUND', 'There is nothing here.');
  if (!path.methods.includes(request.method ?? '')) {
    throw new GatehouseError('METHOD_NOT_ALLOWED', `Use ${path.methods.join(' or ')}.`);
  }
  switch (checkSignature(secret, url, path.method)) {
    case 'valid':
      return { id, path, tenantId: tenantOf(url) };
    case 'expired':
      throw new GatehouseError('FORBIDDEN', 'This URL has expired; ask for a new one.');
    case 'forged':
      throw new GatehouseError('FORBIDDEN', 'This URL was not signed here.');
  }
}
