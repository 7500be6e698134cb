import type { FetchNode, PlanNode, ResponsePath } from './run.ts';

/** A node, and the paths below its parent at which it works. */
export type Shared = { node: PlanNode; paths: ResponsePath[] };

/** Of nodes that run at the same time, entity fetches that differ only in where their entities are become one. */
export function shareFetches(nodes: readonly PlanNode[]): Shared[] {
  const shared = new Map<string, Shared>();
  return nodes.flatMap((node): Shared[] => {
    if (node.kind !== 'Flatten' || node.node.kind !== 'Fetch' || !node.node.requires) {
      return [{ node, paths: [[]] }];
    }
    const key = signatureOf(node.node);
    const known = shared.get(key);
    if (known) {
      known.paths.push(node.path);
      return [];
    }
    const first = { node: node.node, paths: [node.path] };
    shared.set(key, first);
    return [first];
  });
}

/** What a fetch asks for, apart from its name, which the planner makes different for each. */
function signatureOf({
  operation,
  operationName,
  operationDocumentNode: _,
  id: __,
  ...rest
}: FetchNode): string {
  const body = operationName ? operation.replace(operationName, '') : operation;
  return JSON.stringify([body, rest]);
}
