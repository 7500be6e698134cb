import type { AddressBlocks } from '@gatehouse/identity';
import type { RangeMap } from '@gatehouse/service-kit';
import type { Outgoing } from '@gatehouse/service-kit/outgoing';
import type { AuthDeps } from './deps.ts';
import type { ProviderClients } from './federation/provider-clients.ts';
import type { ProviderKeys } from './federation/provider-keys.ts';
import type { ClientFailures } from './limits/client-failures.ts';
import type { Issuers } from './oidc/issuers.ts';
import type { KnownClients } from './oidc/known-clients.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { Policies } from './policies/login-policy.ts';
import type { AddressLists } from './risk/address-lists.ts';
import type { Geoip } from './risk/geoip.ts';
import type { Tenants } from './tenants.ts';

/** What the use cases work with: the process's dependencies and what this subgraph builds from them. */
export type Services = AuthDeps & {
  passwords: Passwords;
  tenants: Tenants;
  issuers: Issuers;
  policies: Policies;
  /** Requests to URLs that users gave. */
  outgoing: Outgoing;
  /** The identity providers of the tenants, as clients of them. */
  providerClients: ProviderClients;
  providerKeys: ProviderKeys;
  /** The addresses that are not answered. */
  addressBlocks: AddressBlocks;
  clientFailures: ClientFailures;
  /** Clients as they were when last read. What is decided by one holds only while its version does. */
  knownClients: KnownClients;
  geoip: Geoip;
  /** Addresses that sign-ins are not expected from. */
  listed: AddressLists;
  /** Addresses that no block holds for. */
  neverBlocked: RangeMap<true>;
  /** Has the worker look for mail requests now. */
  wakeMailRequests(): void;
};
