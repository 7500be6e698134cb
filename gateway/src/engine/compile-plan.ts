import type { GraphQLSchema } from 'graphql';
import { compileEntityFetch, type Place } from './entity-fetch.ts';
import { compileFetch } from './fetch.ts';
import { flattenAt } from './paths.ts';
import type { FetchNode, PlanNode, ResponsePath, Run, Step } from './run.ts';
import { Unsupported } from './run.ts';
import type { Send } from './send.ts';
import { shareFetches } from './share-fetches.ts';

export type PlanContext = {
  schema: GraphQLSchema;
  sendOf(node: FetchNode): Send;
  /** The value of a variable that decides a condition. */
  conditionOf(run: Run, variable: string): boolean;
};

/** Turns a node of a plan into a step. `path` is where in the data the node works. */
export function compileNode(context: PlanContext, node: PlanNode, path: ResponsePath = []): Step {
  switch (node.kind) {
    case 'Sequence':
      return sequence(node.nodes.map((inner) => compileNode(context, inner, path)));
    case 'Parallel':
      return parallel(shareFetches(node.nodes).map((inner) => compileShared(context, inner, path)));
    case 'Flatten':
      return compileShared(context, { node: node.node, paths: [node.path] }, path);
    case 'Fetch':
      return compileShared(context, { node, paths: [[]] }, path);
    case 'Condition': {
      const whenTrue = node.ifClause && compileNode(context, node.ifClause, path);
      const whenFalse = node.elseClause && compileNode(context, node.elseClause, path);
      return (run, at) => (context.conditionOf(run, node.condition) ? whenTrue : whenFalse)?.(run, at);
    }
    case 'Defer':
      throw new Unsupported('defer');
  }
}

/** A node that works at one or more paths below this one. */
function compileShared(
  context: PlanContext,
  { node, paths }: { node: PlanNode; paths: readonly ResponsePath[] },
  path: ResponsePath,
): Step {
  const places: Place[] = paths.map((relative) => ({ relative, full: [...path, ...relative] }));
  const [place] = places;
  if (!place) throw new Error('a node without a place');
  if (node.kind === 'Fetch') {
    if (node.contextRewrites) throw new Unsupported('context');
    const parts = { schema: context.schema, send: context.sendOf(node) };
    if (node.requires) return compileEntityFetch(node, places, parts);
    if (place.relative.length === 0) return compileFetch(node, place.full, parts);
    return below(place, compileFetch(node, place.full, parts));
  }
  const inner = compileNode(context, node, place.full);
  return place.relative.length === 0 ? inner : below(place, inner);
}

const below =
  ({ relative }: Place, inner: Step): Step =>
  (run, at) => {
    const found = flattenAt(at, relative);
    return found ? inner(run, found) : undefined;
  };

function sequence(steps: readonly Step[]): Step {
  const runFrom = async (first: Promise<void>, from: number, run: Run, at: unknown): Promise<void> => {
    await first;
    for (let i = from; i < steps.length; i++) {
      const running = steps[i]?.(run, at);
      if (running) await running;
    }
  };
  return (run, at) => {
    for (let i = 0; i < steps.length; i++) {
      const running = steps[i]?.(run, at);
      if (running) return runFrom(running, i + 1, run, at);
    }
  };
}

/** All steps are started, even when one of them can't be. */
function parallel(steps: readonly Step[]): Step {
  return (run, at) => {
    const waiting: Promise<void>[] = [];
    for (const step of steps) {
      const running = start(step, run, at);
      if (running) waiting.push(running);
    }
    if (waiting.length < 2) return waiting[0];
    return Promise.all(waiting).then(() => undefined);
  };
}

function start(step: Step, run: Run, at: unknown): Promise<void> | undefined {
  try {
    return step(run, at);
  } catch (error) {
    return Promise.reject(error);
  }
}
