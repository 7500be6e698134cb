import { createTenantCache } from '@gatehouse/identity';
import { TenantBrandDocument, type TenantBrandQuery } from '../generated/calls.ts';
import type { NotificationDeps } from './deps.ts';

/** How the mails of a tenant look and whom they come from. */
export type TenantBrand = NonNullable<TenantBrandQuery['tenantById']>;

const plain: TenantBrand = {
  primaryColor: null,
  onPrimaryColor: null,
  logoUrl: null,
  supportUrl: null,
  senderName: null,
  senderAddress: null,
};

/** What tenants made of their mails. A mail waits for no tenant: while it can't be asked, it goes out plain. */
export function openTenantBrands({ call, logger }: Pick<NotificationDeps, 'call' | 'logger'>) {
  const brands = createTenantCache<TenantBrand>(
    async (id) => (await call('user', TenantBrandDocument, { id })).tenantById,
  );
  return {
    async of(tenantId: string): Promise<TenantBrand> {
      try {
        return (await brands.find(tenantId)) ?? plain;
      } catch (err) {
        logger.warn({ err, tenantId }, 'a mail goes out without the branding of its tenant');
        return plain;
      }
    },
    follow: brands.follow,
  };
}

export type TenantBrands = ReturnType<typeof openTenantBrands>;
