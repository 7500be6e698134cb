import { StartupError } from '@gatehouse/service-kit';
import { type DocumentNode, parse } from 'graphql';
import type { SubgraphConnection } from '../subgraphs/connection.ts';
import { graphNames, protectedFields } from './protected-fields.ts';

/**
 * Proves that every subgraph enforces the authorization that the supergraph declares for its fields. The gateway itself
 * does not enforce it, so without this proof it must not load: StartupError names the fields left open.
 */
export async function proveEnforcement(
  sdl: string,
  connections: Record<string, SubgraphConnection>,
): Promise<void> {
  const supergraph = read(sdl);
  const names = graphNames(supergraph);
  const declared = new Map<string, Set<string>>();
  await Promise.all(
    [...names.values()].map(async (name) => {
      const connection = connections[name];
      if (!connection)
        throw new StartupError(`The supergraph names a subgraph "${name}" that is not configured.`);
      declared.set(name, new Set(await connection.enforced()));
    }),
  );
  const open = protectedFields(supergraph).flatMap(({ coordinate, graphs }) =>
    graphs
      .map((graph) => names.get(graph) ?? graph)
      .filter((name) => !declared.get(name)?.has(coordinate))
      .map((name) => `  ${coordinate} (${name})`),
  );
  if (open.length === 0) return;
  throw new StartupError(
    `The supergraph protects fields whose subgraph does not enforce it:\n${open.join('\n')}`,
  );
}

function read(sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (error) {
    throw new StartupError(`The supergraph can't be loaded: ${(error as Error).message}`);
  }
}
