import type { Caller } from '@gatehouse/identity';
import { createLoaders, type Loaders } from './loaders.ts';
import type { Services } from './services.ts';

/** The GraphQL context of one request. */
export type Context = { caller: Caller; services: Services; readonly loaders: Loaders };

/** Makes its loaders when something is read: most requests are answered from the principal alone. */
export class RequestContext implements Context {
  readonly caller: Caller;
  readonly services: Services;
  // No `#`: Apollo Server copies the context by its properties.
  private made: Loaders | undefined;

  constructor(caller: Caller, services: Services) {
    this.caller = caller;
    this.services = services;
  }

  get loaders(): Loaders {
    this.made ??= createLoaders(this.services);
    return this.made;
  }
}
