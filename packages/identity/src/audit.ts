import { isIP } from 'node:net';
import { type ErrorCode, GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { defaultFieldResolver, type GraphQLSchema } from 'graphql';
import type { Caller, Principal } from './principal.ts';

/** What an operation is about; `id` is null for a thing that is not known by then. */
export type AuditSubject = { type: string; id: string | null };
type Described = { on: AuditSubject | null; details?: Record<string, unknown> };

/** How the sensitive mutations of a subgraph are told of: by the input, and by what their transaction answered. */
export type AuditedMutations = Record<
  string,
  (input: Record<string, unknown>, result?: unknown) => Described
>;

const maxUserAgent = 400;

/** What is kept about where a request came from. */
export const originOf = (client: ClientInfo): { ipAddress: string | null; userAgent: string | null } => ({
  ipAddress: isIP(client.ipAddress) ? client.ipAddress : null,
  userAgent: client.userAgent?.slice(0, maxUserAgent) ?? null,
});

/** An operation as the audit log is told of it. */
export type AuditRecord = {
  tenantId: string;
  action: string;
  result: 'SUCCESS' | 'REFUSED';
  /** What it was refused with. */
  errorCode: string | null;
  actor: { type: Principal['kind'] | 'anonymous' | 'system'; id: string | null };
  sessionId: string | null;
  on: AuditSubject | null;
  ipAddress: string | null;
  userAgent: string | null;
  details: ReturnType<typeof JSON.parse>;
};

/** Who did it. An API key is named itself: whom it acted as is known of the key. */
export function auditActorOf(principal: Principal): { type: Principal['kind']; id: string } {
  switch (principal.kind) {
    case 'user':
      return { type: 'user', id: principal.userId };
    case 'client':
      return { type: 'client', id: principal.clientId };
    case 'api-key':
      return { type: 'api-key', id: principal.apiKeyId };
  }
}

/** An operation of a principal. */
export function auditRecordOf(
  { principal, client }: { principal: Principal; client: ClientInfo },
  operation: { action: string; code?: ErrorCode } & Described,
): AuditRecord {
  const { action, code, on, details } = operation;
  const user = principal.kind === 'user';
  return {
    tenantId: principal.tenantId,
    action,
    result: code ? 'REFUSED' : 'SUCCESS',
    errorCode: code ?? null,
    actor: auditActorOf(principal),
    sessionId: user ? principal.sessionId : null,
    on,
    ...originOf(client),
    // As it is stored: without what JSON does not know.
    details: JSON.parse(JSON.stringify(details ?? {})),
  };
}

/** Nothing was tried: the input said nothing, or the service could not answer. */
const untold: readonly ErrorCode[] = [
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'RATE_LIMITED',
  'OVERLOADED',
  'SUBGRAPH_UNAVAILABLE',
];

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Wraps the sensitive mutations of a schema whose authorization is enforced already: `within` gives one the context whose
 * transaction records its success, `refused` records a refusal. Only callers with a principal are told of.
 */
export function auditMutations<C extends { caller: Caller }>(
  schema: GraphQLSchema,
  options: {
    mutations: AuditedMutations;
    within?: (context: C, recordOf: (result: unknown) => AuditRecord) => C;
    refused: (context: C, record: AuditRecord) => Promise<void>;
  },
): void {
  const fields = schema.getMutationType()?.getFields() ?? {};
  for (const [action, describe] of Object.entries(options.mutations)) {
    const field = fields[action];
    if (!field) throw new Error(`there is no mutation ${action} to audit`);
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = async (source, args, context, info) => {
      const { principal, client } = context.caller as Caller;
      if (!principal) return resolve(source, args, context, info);
      const input = args.input ?? {};
      const recordOf = (result: unknown) =>
        auditRecordOf({ principal, client }, { action, ...describe(input, result) });
      try {
        return await resolve(source, args, options.within?.(context, recordOf) ?? context, info);
      } catch (error) {
        if (error instanceof GatehouseError && !untold.includes(error.code)) {
          const on = claimed(describe(input).on, error.code);
          await options.refused(
            context,
            auditRecordOf({ principal, client }, { action, code: error.code, on }),
          );
        }
        throw error;
      }
    };
  }
}

/**
 * What a refused operation was meant for, as far as it may be kept: an input that nobody has checked may hold anything, a
 * password in the wrong field too. What the tenant does not have is not named.
 */
function claimed(on: AuditSubject | null, code: ErrorCode): AuditSubject | null {
  if (!on) return null;
  const { type, id } = on;
  const known = id !== null && uuid.test(id) && code !== 'NOT_FOUND';
  return { type, id: known ? id.toLowerCase() : null };
}
