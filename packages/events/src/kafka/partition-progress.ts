/** How far a partition has been handled, out of order. */
export type PartitionProgress = {
  /** False when the offset is in hand, or handled already. */
  begin(offset: bigint, time: bigint): boolean;
  finish(offset: bigint): void;
  /** The offset before which everything is handled, if it has moved since it was last committed. */
  committable(): bigint | undefined;
  committed(offset: bigint): void;
  /** When the oldest in hand was published, in milliseconds. */
  oldest(): number | undefined;
  /** The partition is somebody else's now: what has not begun here is left to them. */
  drop(): void;
  readonly isDropped: boolean;
};

export function createPartitionProgress(): PartitionProgress {
  const inHand = new Map<bigint, bigint>();
  const done = new Set<bigint>();
  let first: bigint | undefined;
  let next = 0n;
  let committed = -1n;
  let isDropped = false;

  /** Not simply the first in hand: what is read again may come after what follows it. */
  const lowest = (): bigint => {
    let low = next;
    for (const offset of inHand.keys()) if (offset < low) low = offset;
    return low;
  };

  return {
    begin(offset, time) {
      const isBelow = first !== undefined && offset >= first && offset < lowest();
      if (isBelow || inHand.has(offset) || done.has(offset)) return false;
      if (first === undefined || offset < first) first = offset;
      if (offset >= next) next = offset + 1n;
      inHand.set(offset, time);
      return true;
    },
    finish(offset) {
      inHand.delete(offset);
      done.add(offset);
      const low = lowest();
      for (const one of done) if (one < low) done.delete(one);
    },
    committable() {
      const low = lowest();
      return first !== undefined && low > committed && low > first ? low : undefined;
    },
    committed(offset) {
      committed = offset;
    },
    oldest() {
      let oldest: bigint | undefined;
      for (const time of inHand.values()) if (oldest === undefined || time < oldest) oldest = time;
      return oldest === undefined ? undefined : Number(oldest);
    },
    drop() {
      isDropped = true;
    },
    get isDropped() {
      return isDropped;
    },
  };
}
