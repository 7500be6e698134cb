import type { Caller } from '@gatehouse/identity';
import type { UserDeps } from './deps.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What the resolvers of one request share. */
export type Context = { caller: Caller; deps: UserDeps; readonly loaders: Loaders };

/** Makes its loaders when something is read: not every request needs them, and they are many. */
export class RequestContext implements Context {
  readonly caller: Caller;
  readonly deps: UserDeps;
  // No `#`: Apollo Server copies the context by its properties.
  private made: Loaders | undefined;

  constructor(caller: Caller, deps: UserDeps) {
    this.caller = caller;
    this.deps = deps;
  }

  get loaders(): Loaders {
    this.made ??= createLoaders(this.deps.database.db);
    return this.made;
  }
}
