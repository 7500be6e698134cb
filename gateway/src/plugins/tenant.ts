import type { Plugin } from '../operation/exchange.ts';
import type { Tenants } from '../tokens/tenants.ts';

/** Whether the tenant that was asked answers at all, whoever calls. */
export const tenant = (tenants: Tenants): Plugin => ({
  name: 'tenant',
  run: ({ client }) => tenants.requireOpen(client.host),
});
