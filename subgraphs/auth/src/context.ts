import type { Caller } from '@gatehouse/identity';
import type { Loaders } from './loaders.ts';
import type { Services } from './services.ts';

/** The GraphQL context of one request. */
export type Context = { caller: Caller; services: Services; loaders: Loaders };
