import { GatehouseError } from '@gatehouse/service-kit';
import type { Plugin } from '../operation/exchange.ts';
import { checkNesting } from '../operation/variables.ts';

const maxNameLength = 200;
const maxNesting = 20;

/** Bounds what a body within its byte limit can still overdo. */
export const sizeLimits: Plugin = {
  name: 'size-limits',
  run({ parameters }) {
    if ((parameters.operationName?.length ?? 0) > maxNameLength) {
      throw new GatehouseError('BAD_REQUEST', `\`operationName\` has more than ${maxNameLength} characters.`);
    }
    checkNesting(parameters.variables, maxNesting);
  },
};
