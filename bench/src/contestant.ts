/** A server under test, in a process of its own. It tells its parent where it listens and which tokens it takes. */
export type Ready = { port: number; tokens: string[] };

export const connections = 32;

/** Tokens for servers that only look them up. */
export const plainTokens = (): string[] =>
  Array.from({ length: connections }, (_, n) => `${'x'.repeat(400)}.${n}.${'y'.repeat(80)}`);

/** Reports to the parent, and ends with it. */
export function ready(given: Ready): void {
  process.send?.(given);
  process.on('disconnect', () => process.exit(0));
}

/** Ports of the remote subgraphs, by name, as the parent gives them. */
export const subgraphUrl = (name: string): string => {
  const ports = JSON.parse(process.env.BENCH_SUBGRAPHS ?? '{}') as Record<string, number>;
  return `http://127.0.0.1:${ports[name] ?? 1}/graphql`;
};

export const isRemote = process.env.BENCH_REMOTE === '1';
