/** Remembers the last ids that it was told. */
export function recentIds(limit: number) {
  const ids = new Set<string>();
  return {
    has: (id: string): boolean => ids.has(id),
    add(id: string): void {
      ids.add(id);
      if (ids.size <= limit) return;
      for (const oldest of ids) {
        ids.delete(oldest);
        return;
      }
    },
  };
}
