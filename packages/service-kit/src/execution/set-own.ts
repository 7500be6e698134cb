/** Assigns, but never through a setter of the prototype: `__proto__` is a name like any other. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (Object.hasOwn(target, key)) target[key] = value;
  else setNew(target, key, value);
}

/** The same for a key that the object does not have. */
export function setNew(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key in target) {
    Object.defineProperty(target, key, { configurable: true, enumerable: true, value, writable: true });
  } else {
    target[key] = value;
  }
}
