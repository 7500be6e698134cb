import type { Data, ResponsePath } from './run.ts';

/** What lies at a path of a plan, all lists on the way flattened; `@` stands for the elements of a list. */
export function flattenAt(value: unknown, path: ResponsePath, from = 0): unknown {
  let current = value;
  for (let i = from; i < path.length; i++) {
    if (current === undefined || current === null) return current;
    const element = path[i];
    if (element === '@') {
      if (!Array.isArray(current)) throw new Error('expected a list at `@`');
      return flattenList(current, path, i + 1);
    }
    if (typeof element !== 'string') throw new Error(`Unexpected ${typeof element} found in path`);
    if (Array.isArray(current)) throw new Error(`Unexpected array in result for path element ${element}`);
    current = Object.hasOwn(current, element) ? (current as Data)[element] : undefined;
  }
  return current;
}

function flattenList(list: unknown[], path: ResponsePath, from: number): unknown[] {
  const flat: unknown[] = [];
  for (const element of list) {
    const inner = flattenAt(element, path, from);
    if (Array.isArray(inner)) for (const one of inner) flat.push(one);
    else flat.push(inner);
  }
  return flat;
}

/** The paths in the data of everything that is not null at a path of a plan, in the order of `flattenAt`. */
export function hydratedPaths(data: unknown, path: ResponsePath): (string | number)[][] {
  const found: (string | number)[][] = [];
  const walk = (value: unknown, at: number, parents: (string | number)[]): void => {
    if (value === undefined || value === null) return;
    const element = path[at];
    if (element === undefined) {
      found.push(parents);
    } else if (element === '@' || Array.isArray(value)) {
      if (!Array.isArray(value)) throw new Error('expected array when encountering `@`');
      const next = element === '@' ? at + 1 : at;
      for (const [i, inner] of value.entries()) walk(inner, next, [...parents, i]);
    } else if (Object.hasOwn(value, element)) {
      walk((value as Data)[element], at + 1, [...parents, element]);
    }
  };
  walk(data, 0, []);
  return found;
}
