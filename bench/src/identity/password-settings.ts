import { availableParallelism } from 'node:os';

/** As the product has them unless told otherwise. */
export const passwordSettings = {
  bcryptCost: 12,
  passwordThreads: Math.max(1, availableParallelism() - 1),
  passwordQueue: 256,
};
