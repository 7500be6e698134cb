import { defaultFieldResolver, type GraphQLSchema } from 'graphql';
import { actorOf, type Caller, type Principal } from './principal.ts';

/** A person or client of a tenant, as a text: who reads with it sees what was written with it. */
export const accountKeyOf = (tenantId: string, id: string): string => `${tenantId}/${id}`;

/** The key of whoever acts. */
export function accountKey(principal: Principal): string {
  const actor = actorOf(principal);
  return accountKeyOf(principal.tenantId, 'userId' in actor ? actor.userId : actor.clientId);
}

/** Wraps the mutations of a schema, so that `note` is told of a caller's before it is answered. Without one nothing is wrapped. */
export function noteWrites(
  schema: GraphQLSchema,
  note: ((caller: string) => Promise<void>) | undefined,
): void {
  if (!note) return;
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = async (source, args, context: { caller: Caller }, info) => {
      try {
        return await resolve(source, args, context, info);
      } finally {
        // What was refused may have written, too.
        const { principal } = context.caller;
        if (principal) await note(accountKey(principal));
      }
    };
  }
}
