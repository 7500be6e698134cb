/** Where the primary's write-ahead log was at some moments of this process, by which it is told how old a replica is. */
export type WalPositions = {
  /** That everything committed before `at` lies before `position`. */
  note(at: number, position: bigint): void;
  /** The last moment known of which a replica has everything, when it has replayed up to here. */
  coveredAt(replayed: bigint): number | undefined;
};

/** Keeps moments for `keepMs`. Times are milliseconds of this process's own clock: those of the servers may differ. */
export function createWalPositions(keepMs: number): WalPositions {
  /** Oldest first; neither number ever falls. */
  let known: { at: number; position: bigint }[] = [];
  return {
    note(at, position) {
      const last = known.at(-1);
      // Another server is the primary now, or this one was restored: what was known is of no use.
      if (last && position < last.position) known = [];
      known = known.filter((one) => one.at > at - keepMs);
      known.push({ at, position });
    },
    coveredAt: (replayed) => known.findLast(({ position }) => position <= replayed)?.at,
  };
}
