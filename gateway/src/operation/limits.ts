import { GatehouseError } from '@gatehouse/service-kit';
import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import type { DocumentLimits } from '../config.ts';

type Measure = { depth: number; aliases: number; directives: number; selections: number; fields: number };

/** Beyond every limit; keeps sums of nested fragments finite. */
const ceiling = 1_000_000;

/**
 * Refuses a document that would be costly to validate, plan or answer: `OPERATION_TOO_COMPLEX`. Fragments count each time
 * they are spread, and are measured once, so that a bomb of nested fragments costs no more than its text.
 */
export function checkLimits(document: DocumentNode, limits: DocumentLimits): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const measured = new Map<string, Measure>();

  const measureFragment = (name: string): Measure => {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    measured.set(name, { depth: 0, aliases: 0, directives: 0, selections: 0, fields: 0 });
    if (!fragment) return nothing;
    const measure = measureSelections(fragment.selectionSet);
    measured.set(name, measure);
    return measure;
  };

  const measureSelections = (set: SelectionSetNode): Measure => {
    const sum = { ...nothing };
    for (const selection of set.selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? measureFragment(selection.name.value)
          : selection.selectionSet
            ? measureSelections(selection.selectionSet)
            : nothing;
      sum.depth = Math.max(sum.depth, inner.depth + (isField ? 1 : 0));
      sum.aliases = cap(sum.aliases + inner.aliases + (isField && selection.alias ? 1 : 0));
      sum.directives = cap(sum.directives + inner.directives + (selection.directives?.length ?? 0));
      sum.selections = cap(sum.selections + inner.selections + 1);
      sum.fields = cap(sum.fields + (isField ? 1 : inner.fields));
    }
    return sum;
  };

  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const measure = measureSelections(node.selectionSet);
    const rootFields = node.kind === Kind.OPERATION_DEFINITION ? measure.fields : 0;
    const directives = measure.directives + (node.directives?.length ?? 0);
    refuseAbove('depth', measure.depth, limits.depth);
    refuseAbove('aliases', measure.aliases, limits.aliases);
    refuseAbove('root fields', rootFields, limits.rootFields);
    refuseAbove('directives', directives, limits.directives);
    refuseAbove('selections', measure.selections, limits.selections);
  }
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, selections: 0, fields: 0 };
const cap = (count: number) => Math.min(count, ceiling);

function refuseAbove(what: string, count: number, limit: number): void {
  if (count <= limit) return;
  throw new GatehouseError('OPERATION_TOO_COMPLEX', `The document exceeds the limit of ${limit} ${what}.`);
}
