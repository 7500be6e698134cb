export { type Exposition, openExposition } from './exposition.ts';
export { addUp, type Family } from './family.ts';
export { serveMetrics } from './serve-metrics.ts';
