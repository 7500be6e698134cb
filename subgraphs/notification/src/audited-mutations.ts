import { recordingDatabase, writeAudit } from '@gatehouse/events';
import { type AuditedMutations, auditMutations } from '@gatehouse/identity';
import type { GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import type { NotificationDeps } from './deps.ts';
import { outbox } from './tables/outbox.ts';
import type { Suppression } from './tables/suppression.ts';

/** Every mutation that the audit log tells of, and what it says: never the address. */
export const auditedMutations: AuditedMutations = {
  liftSuppression({ suppressionId }, result) {
    const { kind, reasonCode, userId } = (result ?? {}) as Partial<Suppression>;
    return {
      on: { type: 'suppression', id: typeof suppressionId === 'string' ? suppressionId : null },
      details: { kind, reasonCode, userId },
    };
  },
};

/** Mutations that change nothing of anybody else, or have no principal who could answer for them. */
export const unaudited: readonly string[] = [
  'markNotificationRead',
  'markAllNotificationsRead',
  'sendMail',
  'sendSms',
];

export function auditNotificationMutations(schema: GraphQLSchema, deps: NotificationDeps): void {
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
