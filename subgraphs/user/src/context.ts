import type { Caller } from '@gatehouse/identity';
import type { UserDeps } from './deps.ts';
import type { Loaders } from './loaders.ts';

/** What the resolvers of one request share. */
export type Context = { caller: Caller; deps: UserDeps; loaders: Loaders };
