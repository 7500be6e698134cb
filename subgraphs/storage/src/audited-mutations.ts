import { recordingDatabase, writeAudit } from '@gatehouse/events';
import { type AuditedMutations, auditMutations } from '@gatehouse/identity';
import type { GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import type { StorageDeps } from './deps.ts';
import { outbox } from './tables/outbox.ts';

/** Every mutation that the audit log tells of, and what it says. */
export const auditedMutations: AuditedMutations = {
  deleteDocument: ({ documentId }, result) => ({
    on: { type: 'document', id: typeof documentId === 'string' ? documentId : null },
    details: { ownerId: (result as { ownerId?: string } | undefined)?.ownerId ?? null },
  }),
};

export function auditStorageMutations(schema: GraphQLSchema, deps: StorageDeps): void {
  auditMutations<Context>(schema, {
    mutations: auditedMutations,
    within: (context, recordOf) => ({
      ...context,
      database: recordingDatabase(deps.database, outbox, recordOf),
    }),
    async refused(_context, record) {
      try {
        await deps.database.transaction((tx) => writeAudit(tx, outbox, record));
      } catch (err) {
        deps.logger.error({ err }, 'a refusal is missing in the audit log');
      }
    },
  });
}
