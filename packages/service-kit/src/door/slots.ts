/** Numbers for the texts used last. A text that takes the slot of another is the one it names from then on. */
export class Slots<T> {
  readonly #size: number;
  readonly #slotOf = new Map<T, number>();

  constructor(size: number) {
    this.#size = size;
  }

  find(text: T): number | undefined {
    return this.#slotOf.get(text);
  }

  /** A slot for a text that has none: a free one, or that of the text that came first. */
  take(text: T): number {
    let slot = this.#slotOf.size;
    if (slot === this.#size) {
      const [[oldest, itsSlot]] = this.#slotOf as unknown as Iterable<[T, number]> as [[T, number]];
      this.#slotOf.delete(oldest);
      slot = itsSlot;
    }
    this.#slotOf.set(text, slot);
    return slot;
  }
}
