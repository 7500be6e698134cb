import { type DocumentNode, parse, print, type SelectionSetNode, validate, visit } from 'graphql';
import { type Difference, differenceIn } from './compare.ts';
import type { TestGraph } from './test-graph.ts';

const maxAttempts = 300;

/** Takes selections, directives and definitions away as long as the two answers still differ. */
export async function shrink(graph: TestGraph, found: Difference): Promise<Difference> {
  let smallest = found;
  let attempts = 0;
  for (let at = 0; attempts < maxAttempts; attempts++) {
    const smaller = without(parse(smallest.case.source, { noLocation: true }), at);
    if (!smaller) break;
    const source = print(withoutUnused(smaller));
    const next = await stillDiffers(graph, { ...smallest.case, source });
    if (next) smallest = next;
    // What went renumbers the rest.
    at = next ? 0 : at + 1;
  }
  return smallest;
}

async function stillDiffers(graph: TestGraph, one: Difference['case']): Promise<Difference | undefined> {
  try {
    if (validate(graph.api, parse(one.source)).length > 0) return undefined;
    return await differenceIn(graph, one);
  } catch {
    return undefined;
  }
}

/** The document without its n-th selection or directive; undefined when there are fewer. */
function without(document: DocumentNode, n: number): DocumentNode | undefined {
  let count = -1;
  const dropped = visit(document, {
    Directive: () => (++count === n ? null : undefined),
    SelectionSet: (node: SelectionSetNode) => {
      if (node.selections.length < 2) return undefined;
      const from = count + 1;
      count += node.selections.length;
      if (n < from || n > count) return undefined;
      return { ...node, selections: node.selections.filter((_, index) => from + index !== n) };
    },
  });
  return count >= n ? dropped : undefined;
}

/** The document without variables and fragments that nothing uses any more. */
function withoutUnused(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(`$${name.value}`),
    FragmentSpread: ({ name }) => void used.add(name.value),
  });
  const kept = visit(document, {
    VariableDefinition: ({ variable }) => (used.has(`$${variable.name.value}`) ? undefined : null),
    FragmentDefinition: ({ name }) => (used.has(name.value) ? undefined : null),
  });
  return kept.definitions.length === document.definitions.length ? kept : withoutUnused(kept);
}
