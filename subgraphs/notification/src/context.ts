import type { Caller } from '@gatehouse/identity';

export type Context = { caller: Caller };
