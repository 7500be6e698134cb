import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo, SubgraphName } from '@gatehouse/service-kit/subgraph';
import { isBuiltIn } from './built-in-client.ts';
import type { Permission } from './permissions.ts';

/** A person signed in: what a session says about them at this moment. */
export type UserPrincipal = {
  kind: 'user';
  userId: string;
  tenantId: string;
  sessionId: string;
  clientId: string;
  roles: readonly string[];
  permissions: readonly string[];
  /** How the person proved who they are (RFC 8176). */
  amr: readonly string[];
  /** Seconds since 1970. */
  authTime: number;
  /** Whether the account has a second factor, used in this session or not. */
  secondFactor: boolean;
};

/** A program that signed in with client credentials. */
export type ClientPrincipal = {
  kind: 'client';
  clientId: string;
  tenantId: string;
  permissions: readonly string[];
};

/**
 * A program with an API key. It acts as a person or as a client, with no more than its scopes; it has no session, and nobody
 * sits behind it who could prove who they are.
 */
export type ApiKeyPrincipal = {
  kind: 'api-key';
  apiKeyId: string;
  tenantId: string;
  /** Whom it acts as: a person, or else a client. */
  userId: string | null;
  clientId: string | null;
  roles: readonly string[];
  permissions: readonly string[];
};

export type Principal = UserPrincipal | ClientPrincipal | ApiKeyPrincipal;

/** A person, or the program that acts as one. */
export type Account = (UserPrincipal | ApiKeyPrincipal) & { userId: string };

/** Whoever a subgraph answers: the gateway on behalf of a client (with or without a principal), or another service. */
export type Caller = {
  /** Name of the calling service; null when the gateway passes on a public request. */
  service: SubgraphName | 'gateway' | null;
  principal: Principal | null;
  client: ClientInfo;
  requestId: string;
};

const nowhere: ClientInfo = { ipAddress: '', userAgent: null, host: '' };

export const serviceCaller = (service: SubgraphName | 'gateway'): Caller => ({
  service,
  principal: null,
  client: nowhere,
  requestId: '',
});

/** The principal, or `UNAUTHENTICATED`. */
export function requirePrincipal(caller: Caller): Principal {
  if (caller.principal) return caller.principal;
  throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
}

/** The signed-in person, or `UNAUTHENTICATED` / `FORBIDDEN` for a client or an API key. */
export function requireUser(caller: Caller): UserPrincipal {
  const principal = requirePrincipal(caller);
  if (principal.kind === 'user') return principal;
  throw needsPerson(principal);
}

/** The person who is signed in or whom an API key acts as; `UNAUTHENTICATED`, or `FORBIDDEN` for a client. */
export function requireAccount(caller: Caller): Account {
  const principal = requirePrincipal(caller);
  if (principal.kind !== 'client' && principal.userId !== null) return principal as Account;
  throw needsPerson(principal);
}

/** As `requireAccount`, to see what is the person's own: an application and an API key need profile:read for that. */
export function requireOwn(caller: Caller): Account {
  const account = requireAccount(caller);
  if (personOf(account) === account.userId) return account;
  throw new GatehouseError('FORBIDDEN', 'This needs the permission profile:read.');
}

/** Refuses an API key what only somebody at a keyboard may do; clients and people pass. */
export function refuseApiKey(principal: Principal | null): void {
  if (principal?.kind === 'api-key') throw needsPerson(principal);
}

const needsPerson = ({ kind }: Principal): GatehouseError =>
  new GatehouseError(
    'FORBIDDEN',
    `This needs a person, not ${kind === 'client' ? 'a client' : 'an API key'}.`,
  );

export const hasPermission = (principal: Principal | null, permission: Permission): boolean =>
  principal?.permissions.includes(permission) ?? false;

/** The principal when it holds the permission; else `UNAUTHENTICATED` or `FORBIDDEN`. */
export function requirePermission(caller: Caller, permission: Permission): Principal {
  const principal = requirePrincipal(caller);
  if (hasPermission(principal, permission)) return principal;
  throw new GatehouseError('FORBIDDEN', `This needs the permission ${permission}.`);
}

/**
 * The person whose own things the principal may see: who is at the product itself, or whom an application or an API key with
 * profile:read acts for. Null for everybody else.
 */
export function personOf(principal: Principal | null): string | null {
  if (!principal || principal.kind === 'client') return null;
  const isAtProduct = principal.kind === 'user' && isBuiltIn(principal);
  return isAtProduct || hasPermission(principal, 'profile:read') ? principal.userId : null;
}

/** Whether the principal is this person, and may see what is theirs. */
export const isSelf = (principal: Principal | null, userId: string): boolean =>
  personOf(principal) === userId;

/** Whether the principal is this person or acts for them, whatever it may see. */
export const actsFor = (principal: Principal, userId: string): boolean =>
  principal.kind !== 'client' && principal.userId === userId;

/** Who acts: the person or the client that signed in, or that an API key acts as. */
export function actorOf(principal: Principal): { userId: string } | { clientId: string } {
  if (principal.kind !== 'client' && principal.userId !== null) return { userId: principal.userId };
  return { clientId: principal.clientId ?? '' };
}
