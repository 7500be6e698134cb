/** Whoever must know at once when something about a user (or client) changes. */
export function createWatchers() {
  const bySubject = new Map<string, Set<() => void>>();
  const tell = (subject: string) => {
    for (const listener of [...(bySubject.get(subject) ?? [])]) listener();
  };
  return {
    add(subject: string, listener: () => void): () => void {
      const listeners = bySubject.get(subject) ?? new Set();
      bySubject.set(subject, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && bySubject.get(subject) === listeners) bySubject.delete(subject);
      };
    },
    tell,
    tellAll(): void {
      for (const subject of [...bySubject.keys()]) tell(subject);
    },
  };
}
