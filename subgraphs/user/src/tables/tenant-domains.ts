import { createdAt, tenantId } from '@gatehouse/data/columns';
import { index, text } from 'drizzle-orm/pg-core';
import { userSchema } from './schema.ts';
import { tenants } from './tenants.ts';

/** Hosts a tenant answers: `name:port` for one port, `name` for every port. */
export const tenantDomains = userSchema.table(
  'tenant_domains',
  {
    host: text('host').primaryKey(),
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (table) => [index('tenant_domains_tenant').on(table.tenantId)],
);
