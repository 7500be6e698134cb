import { defineEvent } from './define.ts';

/** About a tenant as a whole. Subject: the tenant. */
export const tenantEvents = [
  /** What processes know about it is out of date. */
  defineEvent('tenant.changed', {}, { internal: true }),
  /** Its people were erased: what else is its own goes too. */
  defineEvent('tenant.erased', {}, { internal: true }),
] as const;
