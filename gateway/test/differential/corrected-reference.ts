import { registerHooks } from 'node:module';

/**
 * Corrects, while it is loaded, what the executor of `@apollo/gateway` does wrong, so that everything else can be compared
 * without exceptions. Must be imported before it. A correction that no longer fits its text throws.
 */
const corrections: readonly [wrong: string, right: string][] = [
  // An error of the n-th representation is reported at the n-th entity, though entities without a representation (null,
  // or of another type) were not sent: the path names an innocent neighbour.
  [
    'sendOperation({ ...variables, representations })',
    'sendOperation({ ...variables, representations }, representationToEntity)',
  ],
  ['async function sendOperation(variables) {', 'async function sendOperation(variables, sent) {'],
  [
    'makeLazyErrorPathGenerator(fetch, currentCursor)',
    'makeLazyErrorPathGenerator(fetch, currentCursor, sent)',
  ],
  [
    'function makeLazyErrorPathGenerator(fetch, cursor) {',
    'function makeLazyErrorPathGenerator(fetch, cursor, sent) {',
  ],
  ['hydratedPaths[errorPath[1]]', 'hydratedPaths[sent[errorPath[1]]]'],
];

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/@apollo/gateway/dist/executeQueryPlan.js')) return loaded;
    return { ...loaded, source: corrected(String(loaded.source)) };
  },
});

function corrected(source: string): string {
  return corrections.reduce((text, [wrong, right]) => {
    if (!text.includes(wrong)) throw new Error(`@apollo/gateway has changed: "${wrong}" is gone`);
    return text.replace(wrong, () => right);
  }, source);
}
