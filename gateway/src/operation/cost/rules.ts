import { COST_VERSIONS, costIdentity, type Schema } from '@apollo/federation-internals';

/** `@listSize` of a field (IBM GraphQL Cost Directives, "The List Size Directive"). */
export type ListSize = {
  assumedSize?: number | null;
  slicingArguments?: readonly string[] | null;
  sizedFields?: readonly string[] | null;
};

/** What the supergraph says about cost, by schema coordinate: `Type`, `Type.field`, `Type.field(argument:)`. */
export type CostRules = {
  weights: ReadonlyMap<string, number>;
  listSizes: ReadonlyMap<string, ListSize>;
};

/** Reads `@cost` and `@listSize` (Federation 2.9), whatever names the supergraph imports them under. */
export function costRulesOf(schema: Schema): CostRules {
  const feature = schema.coreFeatures?.getByIdentity(costIdentity);
  const spec = feature && COST_VERSIONS.find(feature.url.version);
  const weights = new Map<string, number>();
  const listSizes = new Map<string, ListSize>();
  for (const applied of spec?.costDirective(schema)?.applications() ?? []) {
    const { coordinate } = applied.parent as unknown as { coordinate: string };
    weights.set(coordinate, (applied.arguments() as { weight: number }).weight);
  }
  for (const applied of spec?.listSizeDirective(schema)?.applications() ?? []) {
    const { coordinate } = applied.parent as unknown as { coordinate: string };
    listSizes.set(coordinate, applied.arguments() as ListSize);
  }
  return { weights, listSizes };
}
