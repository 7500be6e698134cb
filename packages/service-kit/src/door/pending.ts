/** Bits of a number that say where it is kept; the others say which of those kept there it is. */
const placeBits = 16;
const places = 2 ** placeBits;
const rounds = 2 ** (32 - placeBits);

/**
 * What waits under a number. An array and not a Map: a Map that takes and loses entries all the time leaves tables behind that keep
 * what they held alive until the next full collection.
 */
export class Pending<T> {
  readonly #held: (T | undefined)[] = [];
  readonly #numbers: number[] = [];
  readonly #free: number[] = [];
  #round = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A number that stands for it; undefined when too many wait. */
  add(one: T): number | undefined {
    const place = this.#free.pop() ?? this.#held.length;
    if (place >= places) return undefined;
    this.#round = (this.#round + 1) % rounds;
    const number = this.#round * places + place;
    this.#held[place] = one;
    this.#numbers[place] = number;
    this.#size += 1;
    return number;
  }

  /** What the number stands for, which it then no longer does. */
  take(number: number): T | undefined {
    const place = number % places;
    if (this.#numbers[place] !== number) return undefined;
    const one = this.#held[place];
    if (one === undefined) return undefined;
    this.#held[place] = undefined;
    this.#free.push(place);
    this.#size -= 1;
    return one;
  }

  /** All that still wait. */
  takeAll(): T[] {
    return this.#numbers.flatMap((number) => this.take(number) ?? []);
  }
}
