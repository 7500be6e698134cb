import type { GraphQLSchema } from 'graphql';
import type { SubgraphResult } from '../subgraphs/connection.ts';
import { attempt } from './fetch.ts';
import { type ErrorPlace, ofSubgraph } from './fetch-errors.ts';
import { copyOf, merge } from './merge.ts';
import { flattenAt, hydratedPaths } from './paths.ts';
import { compileRepresentation, keyOf } from './representations.ts';
import { compileRewrites } from './rewrites.ts';
import type { Data, FetchNode, ResponsePath, Run, Step } from './run.ts';
import { compileVariables, type Send } from './send.ts';

/** Where the entities of a fetch are: from the object that the plan node works on, and from the root of the data. */
export type Place = { relative: ResponsePath; full: ResponsePath };

/** An entity of the response, and which representation asks for it. `index` counts the entities of its place. */
type Target = { entity: Data; place: Place; index: number; representation: number };

type Asked = { representations: Data[]; targets: Target[] };

/**
 * A fetch of entities. Several places of the response may share one fetch, and each representation is sent once however
 * many entities it stands for; the answer is merged into every one of them.
 */
export function compileEntityFetch(
  node: FetchNode,
  places: readonly Place[],
  { schema, send }: { schema: GraphQLSchema; send: Send },
): Step {
  const variablesOf = compileVariables(node);
  const represent = compileRepresentation(schema, node.requires ?? []);
  const rewriteInput = compileRewrites(schema, node.inputRewrites);
  const rewriteOutput = compileRewrites(schema, node.outputRewrites);

  const collect = (found: readonly unknown[]): Asked => {
    const asked: Asked = { representations: [], targets: [] };
    const isAlone = found.length === 1 && !(Array.isArray(found[0]) && found[0].length > 1);
    const known = isAlone ? undefined : new Map<string, number>();
    places.forEach((place, i) => {
      const entities = found[i];
      let index = 0;
      if (!Array.isArray(entities)) {
        if (entities) add(entities as Data, place, index, known, asked);
        return;
      }
      for (const entity of entities) {
        if (entity !== null && entity !== undefined) add(entity, place, index++, known, asked);
      }
    });
    return asked;
  };

  const add = (
    entity: Data,
    place: Place,
    index: number,
    known: Map<string, number> | undefined,
    { representations, targets }: Asked,
  ) => {
    const representation = represent(entity);
    if (!representation?.__typename) return;
    rewriteInput?.(representation);
    let position = representations.length;
    if (known) {
      // Entities of different types may have one representation; what comes back is then typed by the entity.
      const key = rewriteInput ? JSON.stringify([entity.__typename, representation]) : keyOf(representation);
      position = known.get(key) ?? position;
      known.set(key, position);
    }
    if (position === representations.length) representations.push(representation);
    targets.push({ entity, place, index, representation: position });
  };

  const receive = (run: Run, { representations, targets }: Asked, { data, errors }: SubgraphResult) => {
    if (errors) run.errors.push(...ofSubgraph(errors, node, errorPaths(run, targets)));
    if (!data) return;
    const { _entities: entities } = data;
    if (!Array.isArray(entities)) throw new Error('Expected "data._entities" in response to be an array');
    if (entities.length !== representations.length) {
      throw new Error(`Expected "data._entities" to contain ${representations.length} elements`);
    }
    const isMerged: boolean[] = [];
    for (const { entity, representation } of targets) {
      const received = entities[representation];
      if (isMerged[representation]) {
        merge(entity, copyOf(received));
        continue;
      }
      isMerged[representation] = true;
      if (received && !received.__typename) received.__typename = entity.__typename;
      rewriteOutput?.(received);
      merge(entity, received);
    }
  };

  return (run, at) => {
    const found = places.map(({ relative }) => flattenAt(at, relative));
    let asked: Asked | undefined;
    return attempt(
      run,
      () => {
        asked = collect(found);
        if (asked.representations.length === 0) return {};
        const variables = variablesOf(run);
        if (Object.hasOwn(variables, 'representations')) {
          throw new Error('Variables cannot contain key "representations"');
        }
        variables.representations = asked.representations;
        return send(run, variables);
      },
      (answer) => receive(run, asked as Asked, answer),
      // As if each place had asked on its own.
      () => Math.max(1, placesOf(asked?.targets ?? []).length),
    );
  };
}

/** The places that have an entity to ask for. */
const placesOf = (targets: readonly Target[]): Place[] => [...new Set(targets.map(({ place }) => place))];

/** `_entities[n]…` is an error of every entity that the n-th representation stands for; others are of the places. */
function errorPaths(run: Run, targets: readonly Target[]) {
  const places = placesOf(targets);
  const hydrated = new Map<Place, ResponsePath[]>();
  const pathOf = ({ place, index }: Target): ResponsePath => {
    const paths = hydrated.get(place) ?? hydratedPaths(run.data, place.full);
    hydrated.set(place, paths);
    return paths[index] ?? [];
  };
  return (inner: ResponsePath | undefined): ErrorPlace[] => {
    const position = inner?.[1];
    if (!inner || typeof position !== 'number') {
      return places.map(({ full }) => ({ path: inner ? [...full, ...inner.slice()] : undefined, rank: -1 }));
    }
    const rest = inner.slice(2);
    const found = targets.flatMap((target, rank) =>
      target.representation === position ? [{ path: [...pathOf(target), ...rest], rank }] : [],
    );
    return found.length > 0 ? found : [{ path: rest, rank: -1 }];
  };
}
