import { recordingDatabase, writeAudit } from '@gatehouse/events';
import { type AuditedMutations, auditMutations } from '@gatehouse/identity';
import type { GraphQLSchema } from 'graphql';
import { RequestContext } from './context.ts';
import type { UserDeps } from './deps.ts';
import { outbox } from './tables/index.ts';

type Input = Record<string, unknown>;

const id = (value: unknown) => (typeof value === 'string' ? value : null);
const ofUser = (input: Input) => ({ on: { type: 'user', id: id(input.userId) } });
/** The reason stays with the account and its events: it may speak of a person. */
const ofUserAndRole = (input: Input) => ({ ...ofUser(input), details: { role: input.role } });
const ofRow = (type: string, result: unknown) => ({
  on: { type, id: id((result as { id?: unknown } | undefined)?.id) },
});
/** Which fields were given, not what they hold: profiles are personal. */
const ofProfile = ({ userId: _, ...fields }: Input, result: unknown) => ({
  ...ofRow('user', result),
  details: { fields: Object.keys(fields).sort() },
});
/** Roles and permissions are called by their names. */
const named =
  (type: string) =>
  ({ name, description: _, ...details }: Input) => ({ on: { type, id: id(name) }, details });

const ofTenant = (input: Input, result: unknown) => ({
  on: {
    type: 'tenant',
    id: id(input.tenantId) ?? id((result as { tenant?: { id?: unknown } } | undefined)?.tenant?.id),
  },
});
const fieldsOf = ({ tenantId: _, ...fields }: Input) => ({ fields: Object.keys(fields).sort() });

/** Every mutation that the audit log tells of, and what it says. */
export const auditedMutations: AuditedMutations = {
  addUser: ({ roles, documentIds }, result) => ({
    ...ofRow('user', result),
    details: { roles: roles ?? null, documents: Array.isArray(documentIds) ? documentIds.length : 0 },
  }),
  updateProfile: ofProfile,
  removePhoneNumber: (_input, result) => ofRow('user', result),
  updateUser: (input, result) => ({ ...ofProfile(input, result), ...ofUser(input) }),
  activateUser: ofUser,
  deactivateUser: (input, result) => (result ? ofRow('user', result) : ofUser(input)),
  enableUser: ofUser,
  disableUser: ofUser,
  deleteUser: (input) => ({ ...ofUser(input), details: { retentionDays: input.retentionDays ?? null } }),
  restoreUser: ofUser,
  assignRole: ofUserAndRole,
  removeRole: ofUserAndRole,
  createRole: named('role'),
  updateRole: named('role'),
  deleteRole: named('role'),
  createPermission: named('permission'),
  updatePermission: named('permission'),
  deletePermission: named('permission'),
  createTenant: (input, result) => ({
    ...ofTenant(input, result),
    details: { slug: input.slug, hosts: input.hosts ?? [], publicUrl: input.publicUrl },
  }),
  updateTenant: (input, result) => ({
    ...ofTenant(input, result),
    details: { ...fieldsOf(input), ...(input.hosts ? { hosts: input.hosts } : {}) },
  }),
  suspendTenant: ofTenant,
  activateTenant: ofTenant,
  deleteTenant: (input, result) => ({
    ...ofTenant(input, result),
    details: { retentionDays: input.retentionDays ?? null },
  }),
  updateBranding: (input, result) => ({ ...ofTenant(input, result), details: fieldsOf(input) }),
};

/** Mutations without a principal who could answer for them. */
export const unaudited: readonly string[] = [
  'register',
  'completeRegistration',
  'changeEmail',
  'provisionUser',
  'syncProvidedRoles',
];

export function auditUserMutations(schema: GraphQLSchema, deps: UserDeps): void {
  auditMutations<RequestContext>(schema, {
    mutations: auditedMutations,
    within: ({ caller }, recordOf) =>
      new RequestContext(caller, { ...deps, database: recordingDatabase(deps.database, outbox, recordOf) }),
    async refused(_context, record) {
      try {
        await deps.database.transaction((tx) => writeAudit(tx, outbox, record));
      } catch (err) {
        deps.logger.error({ err }, 'a refusal is missing in the audit log');
      }
    },
  });
}
