import { GatehouseError } from '@gatehouse/service-kit';

/** Checks, without recursion, that JSON nests no deeper than `limit`. */
export function checkNesting(value: unknown, limit: number): void {
  const waiting: [unknown, number][] = [[value, 0]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [current, depth] = next;
    if (typeof current !== 'object' || current === null) continue;
    if (depth >= limit)
      throw new GatehouseError('BAD_REQUEST', `The variables nest deeper than ${limit} levels.`);
    for (const inner of Object.values(current)) waiting.push([inner, depth + 1]);
  }
}
