import type { Family, Labels } from './family.ts';
import type { Metrics } from './metrics.ts';

export type Format = 'prometheus' | 'openmetrics';

/** What a process tells of itself, and how it is written. */
export type Exposition = {
  /** What is counted here, and how the process is. With a name of the process, where several share a port. */
  collect(processName?: string): Promise<Family[]>;
  /** The families of one process or of several, as text; series that several tell of become one. */
  write(families: readonly Family[], format: Format): Promise<{ contentType: string; text: string }>;
};

/** What the library tells twice, the second time as a gauge with the name of a counter. */
const repeated = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** The library is only loaded where somebody asks for metrics: it takes as long as a third of a start. */
export async function openExposition(metrics: Metrics): Promise<Exposition> {
  const { Registry, collectDefaultMetrics } = (await import('@prometheus-io/client')).default;
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of repeated) ofProcess.removeSingleMetric(name);

  return {
    async collect(processName) {
      const label: Labels = processName === undefined ? {} : { worker: processName };
      const told = (await ofProcess.getMetricsAsJSON()) as Omit<Family, 'aggregator'>[];
      const own = told.map((family) => ({
        ...family,
        aggregator: 'sum' as const,
        // What was not measured yet is not told.
        values: family.values
          .filter(({ value }) => !Number.isNaN(value))
          .map((sample) => ({ ...sample, labels: { ...sample.labels, ...label } })),
      }));
      return [...(await metrics.read()), ...own];
    },
    async write(families, format) {
      const isOpen = format === 'openmetrics';
      // There the library puts the suffix of a counter to its samples itself.
      const named = isOpen ? families.map(withoutSuffix) : families;
      const registry = Registry.aggregate([[...named]]);
      const contentType = isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
      registry.setContentType(contentType);
      return { contentType, text: await registry.metrics() };
    },
  };
}

const withoutSuffix = (family: Family): Family =>
  family.type === 'counter' ? { ...family, name: family.name.replace(/_total$/, '') } : family;
