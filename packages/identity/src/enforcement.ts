import { GatehouseError } from '@gatehouse/service-kit';
import {
  type ConstDirectiveNode,
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
} from 'graphql';
import { type Caller, refuseApiKey } from './principal.ts';

type Rule = { authenticated: boolean; scopes: string[][] | null; inaccessible: boolean };

/**
 * Enforces `@authenticated`, `@requiresScopes` and, on root fields, `@inaccessible` inside a subgraph, by wrapping the
 * resolvers of its schema in place: for root fields and for entity references alike, since both end at a field.
 * Answers the coordinates it guards, so that a gateway can hold them against the supergraph.
 *
 * An API key may call a mutation only when the schema names the permissions for it: whatever else there is, signing in,
 * passwords, sessions, needs a person, and so does every such mutation to come.
 *
 * A service caller passes; it is the only one that reaches `@inaccessible` root fields.
 */
export function enforceAuthorization(schema: GraphQLSchema): { schema: GraphQLSchema; enforced: string[] } {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const enforced: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const ofType = ruleOf(directivesOf(type));
    for (const field of Object.values(type.getFields())) {
      const rule = merge(ofType, ruleOf(field.astNode?.directives ?? []));
      if (type === schema.getMutationType() && !rule.scopes) refuseApiKeys(field);
      if (!rule.authenticated && !rule.scopes && !(rule.inaccessible && roots.includes(type))) continue;
      guard(field, rule, roots.includes(type));
      enforced.push(`${type.name}.${field.name}`);
    }
  }
  return { schema, enforced: enforced.sort() };
}

function refuseApiKeys(field: GraphQLField<unknown, { caller: Caller }>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    refuseApiKey(context.caller.principal);
    return resolve(source, args, context, info);
  };
}

function guard(field: GraphQLField<unknown, { caller: Caller }>, rule: Rule, isRoot: boolean): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  const subscribe = field.subscribe;
  const check = (caller: Caller) => {
    if (caller.service) return;
    if (rule.inaccessible && isRoot) throw new GatehouseError('FORBIDDEN', 'Only services may call this.');
    if (!caller.principal) throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
    const held = caller.principal.permissions;
    if (rule.scopes && !rule.scopes.some((all) => all.every((scope) => held.includes(scope)))) {
      const needed = rule.scopes.map((all) => all.join(' and ')).join(', or ');
      throw new GatehouseError('FORBIDDEN', `This needs the permission ${needed}.`);
    }
  };
  field.resolve = (source, args, context, info) => {
    check(context.caller);
    return resolve(source, args, context, info);
  };
  if (!subscribe) return;
  field.subscribe = (source, args, context, info) => {
    check(context.caller);
    return subscribe(source, args, context, info);
  };
}

const directivesOf = (type: GraphQLObjectType): readonly ConstDirectiveNode[] =>
  [type.astNode, ...type.extensionASTNodes].flatMap((node) => node?.directives ?? []);

function ruleOf(directives: readonly ConstDirectiveNode[]): Rule {
  const named = (name: string) =>
    directives.filter(({ name: { value } }) => value === name || value === `federation__${name}`);
  const scopes = named('requiresScopes').flatMap((directive) => scopesOf(directive));
  return {
    authenticated: named('authenticated').length > 0,
    scopes: scopes.length > 0 ? scopes : null,
    inaccessible: named('inaccessible').length > 0,
  };
}

/** `scopes: [["a", "b"], ["c"]]` means (a and b) or c. */
function scopesOf(directive: ConstDirectiveNode): string[][] {
  const value = directive.arguments?.find(({ name }) => name.value === 'scopes')?.value;
  const listOf = (node: typeof value) => (node?.kind === Kind.LIST ? node.values : node ? [node] : []);
  return listOf(value).map((inner) =>
    listOf(inner).map((scope) => (scope.kind === Kind.STRING ? scope.value : '\0unknown')),
  );
}

/** A type's and a field's rule both hold: the product of their scope alternatives. */
function merge(a: Rule, b: Rule): Rule {
  const scopes =
    a.scopes && b.scopes
      ? a.scopes.flatMap((x) => (b.scopes ?? []).map((y) => [...x, ...y]))
      : (a.scopes ?? b.scopes);
  return {
    authenticated: a.authenticated || b.authenticated,
    scopes,
    inaccessible: a.inaccessible || b.inaccessible,
  };
}
