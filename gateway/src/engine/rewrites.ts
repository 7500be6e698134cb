import { setOwn } from '@gatehouse/service-kit/subgraph';
import type { GraphQLSchema } from 'graphql';
import type { Data, FetchNode } from './run.ts';
import { typeTest } from './types.ts';

type Rewrites = NonNullable<FetchNode['inputRewrites']>;
type Rewrite = (value: unknown) => void;

const fragmentPrefix = '... on ';

/** The changes that a plan makes to representations before, or to answers after a fetch; null when there are none. */
export function compileRewrites(schema: GraphQLSchema, rewrites: Rewrites | undefined): Rewrite | null {
  const compiled = (rewrites ?? []).filter(({ path }) => path.length > 0).map((one) => compile(schema, one));
  if (compiled.length === 0) return null;
  return (value) => {
    for (const rewrite of compiled) rewrite(value);
  };
}

function compile(schema: GraphQLSchema, rewrite: Rewrites[number]): Rewrite {
  const last = rewrite.path.at(-1) as string;
  const change =
    rewrite.kind === 'ValueSetter'
      ? (object: Data) => setOwn(object, last, rewrite.setValueTo)
      : (object: Data) => {
          const value = Object.hasOwn(object, last) ? object[last] : undefined;
          if (!value) return;
          setOwn(object, rewrite.renameKeyTo, value);
          object[last] = undefined;
        };
  return rewrite.path.slice(0, -1).reduceRight<Rewrite>(
    (inner, element) => onObjects(stepInto(schema, element, inner)),
    onObjects((object) => change(object)),
  );
}

/** Goes through lists of any depth; what is no object stays as it is. */
function onObjects(apply: (object: Data) => void): Rewrite {
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element);
    else if (typeof value === 'object' && value !== null) apply(value as Data);
  };
  return visit;
}

function stepInto(schema: GraphQLSchema, element: string, inner: Rewrite): (object: Data) => void {
  if (!element.startsWith(fragmentPrefix)) {
    return (object) => inner(Object.hasOwn(object, element) ? object[element] : undefined);
  }
  const fits = typeTest(schema, element.slice(fragmentPrefix.length), true);
  return (object) => {
    if (fits(object)) inner(object);
  };
}
