import type { AuthDeps } from './deps.ts';
import type { Issuers } from './oidc/issuers.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { Tenants } from './tenants.ts';

/** What the use cases work with: the process's dependencies and what this subgraph builds from them. */
export type Services = AuthDeps & {
  passwords: Passwords;
  tenants: Tenants;
  issuers: Issuers;
  /** Has the worker look for mail requests now. */
  wakeMailRequests(): void;
};
