import { setImmediate } from 'node:timers/promises';

/** Lets requests in between two pieces of long work. */
export const nextTurn = (): Promise<void> => setImmediate();
