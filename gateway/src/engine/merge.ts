import { setNew } from '@gatehouse/service-kit/subgraph';
import type { Data } from './run.ts';

const isObject = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Merges what a fetch brought into what is there, taking its objects over: values of the same key are merged when both
 * are objects, or lists of the same length; else the new one replaces the old.
 */
export function merge(target: Data, source: unknown): void {
  if (source === undefined || source === null) return;
  const from = source as Data;
  for (const key of Object.keys(from)) {
    const value = from[key];
    if (value !== undefined) mergeKey(target, key, value);
  }
}

function mergeKey(target: Data, key: string, value: unknown): void {
  if (!Object.hasOwn(target, key)) {
    setNew(target, key, value);
    return;
  }
  const present = target[key];
  if (present && isObject(value)) {
    merge(present as Data, value);
  } else if (Array.isArray(value) && Array.isArray(present) && value.length === present.length) {
    for (let i = 0; i < value.length; i++) {
      if (isObject(present[i]) && isObject(value[i])) merge(present[i], value[i]);
      else present[i] = value[i];
    }
  } else {
    target[key] = value;
  }
}

/** A copy that shares no object with the original; objects that are no plain data (a Date) stay what they are. */
export function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const copy: Data = Object.create(null);
  for (const key of Object.keys(value)) copy[key] = copyOf((value as Data)[key]);
  return copy;
}
