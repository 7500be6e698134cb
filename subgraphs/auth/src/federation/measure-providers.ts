import { providersByHealth } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import { providerKinds } from '../tables/identity-provider.ts';

const states = ['HEALTHY', 'FAILING', 'UNKNOWN'] as const;

/**
 * Has told how many of the enabled identity providers answer, by kind: which one of which tenant does not is for its
 * administrators to see (`identityProviders { health }`).
 */
export function measureProviders({ metrics, database }: Pick<Services, 'metrics' | 'database'>): () => void {
  return metrics.observe(
    {
      providers: {
        name: 'gatehouse_auth_identity_providers',
        type: 'gauge',
        over: 'max',
        help: 'Enabled identity providers of all tenants, by kind and by how the last request to them went.',
        labels: ['kind', 'health'],
      },
    },
    async () => {
      const found = await providersByHealth(database.db);
      const numberOf = (kind: string, health: string) =>
        found.find((row) => row.kind === kind && row.health === health)?.providers ?? 0;
      const kinds = providerKinds.filter((kind) => found.some((row) => row.kind === kind));
      return {
        providers: kinds.flatMap((kind) =>
          states.map((health) => ({ value: numberOf(kind, health), labels: { kind, health } })),
        ),
      };
    },
  );
}
