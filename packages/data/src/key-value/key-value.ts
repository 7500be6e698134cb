/**
 * Small values with an expiry: caches, counters, single-use marks. Keys are 1 to 512 bytes of UTF-8, values text
 * (neither holds NUL). What has expired is never seen again, whether or not it was cleaned yet.
 *
 * Hints, not records: a store may be lost, with all it holds. While it is, reads find nothing, counters and marks go on in each
 * process by itself, and other calls throw. What must not be forgotten lies in a table.
 */
export interface KeyValue {
  get(key: string): Promise<string | undefined>;
  /** The values in the order of the keys. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Without `ttlSeconds` the value stays until it is deleted. */
  set(key: string, value: string, options?: { ttlSeconds?: number }): Promise<void>;
  /** Of any number of parallel calls exactly one answers true. */
  setIfAbsent(key: string, value: string, options?: { ttlSeconds?: number }): Promise<boolean>;
  /** Reads and deletes in one step: of any number of parallel calls exactly one gets the value. */
  take(key: string): Promise<string | undefined>;
  delete(keys: readonly string[]): Promise<void>;
  /** Adds one and answers the new number. The time to live is set by the first call and not renewed. */
  increment(key: string, options?: { ttlSeconds?: number }): Promise<number>;
  /** Throws while the store does not answer. */
  ping(): Promise<void>;
  /** Whether the store may be lost for a while and forget: whoever needs to know of every write has to ask elsewhere then. */
  readonly forgets?: boolean;
  close(): Promise<void>;
}

const maxKeyBytes = 512;

/** The rule for keys, the same for every implementation. */
export function assertKey(key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > maxKeyBytes)
    throw new RangeError(`a key has 1 to ${maxKeyBytes} bytes, not ${bytes}`);
  if (key.includes('\0')) throw new RangeError('a key holds no NUL');
  return key;
}

/** A time to live in seconds must be positive; fractions are allowed. */
export function assertTtl(ttlSeconds: number | undefined): number | null {
  if (ttlSeconds === undefined) return null;
  if (!(ttlSeconds > 0 && Number.isFinite(ttlSeconds))) throw new RangeError('ttlSeconds must be positive');
  return ttlSeconds;
}
