import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo, SubgraphName } from '@gatehouse/service-kit/subgraph';
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

export type Principal = UserPrincipal | ClientPrincipal;

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

/** The signed-in person, or `UNAUTHENTICATED` / `FORBIDDEN` for a client. */
export function requireUser(caller: Caller): UserPrincipal {
  const principal = requirePrincipal(caller);
  if (principal.kind === 'user') return principal;
  throw new GatehouseError('FORBIDDEN', 'This needs a person, not a client.');
}

export const hasPermission = (principal: Principal | null, permission: Permission): boolean =>
  principal?.permissions.includes(permission) ?? false;

/** The principal when it holds the permission; else `UNAUTHENTICATED` or `FORBIDDEN`. */
export function requirePermission(caller: Caller, permission: Permission): Principal {
  const principal = requirePrincipal(caller);
  if (hasPermission(principal, permission)) return principal;
  throw new GatehouseError('FORBIDDEN', `This needs the permission ${permission}.`);
}

/** Whether the principal is this person. */
export const isSelf = (principal: Principal | null, userId: string): boolean =>
  principal?.kind === 'user' && principal.userId === userId;
