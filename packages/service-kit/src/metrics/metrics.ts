import { within } from '../within.ts';
import { Count, Distribution, durationBounds } from './cells.ts';
import { combine, type Family, type Labels, type Sample, samplesOf } from './family.ts';

/** What a metric is, told where it is counted. Whatever a label says comes from a set that is bounded. */
export type Definition<Label extends string = string> = {
  name: `gatehouse_${string}`;
  help: string;
  labels?: readonly Label[];
};

/** A metric that is read when somebody asks, from where its value is kept already. */
export type ObservedDefinition = Definition & {
  type: 'counter' | 'gauge';
  /** What several readings of one series make, of parts of a process or of workers: all see the same, or each its own. */
  over?: Family['aggregator'];
};

export type Reading = { value: number; labels?: Labels };

/** The series of a set of labels. Who counts often keeps what this answers. */
export type SeriesOf<Label extends string, Cell> = [Label] extends [never]
  ? () => Cell
  : (labels: Readonly<Record<Label, string>>) => Cell;

/** What a process counts. */
export type Metrics = {
  counter<const Label extends string = never>(definition: Definition<Label>): SeriesOf<Label, Count>;
  /** Of durations in seconds, unless other bounds are given. */
  histogram<const Label extends string = never>(
    definition: Definition<Label> & { bounds?: readonly number[] },
  ): SeriesOf<Label, Distribution>;
  /** Reads metrics whenever they are asked for. Answers a function that ends it. */
  observe<Key extends string>(
    definitions: Record<Key, ObservedDefinition>,
    read: () => Record<Key, readonly Reading[]> | Promise<Record<Key, readonly Reading[]>>,
  ): () => void;
  /** All there is at the moment. What can't be read in time is left out, and counted. */
  read(): Promise<Family[]>;
};

type Stored = {
  definition: Definition;
  type: Family['type'];
  aggregator: Family['aggregator'];
  series: Map<string, { labels: Labels; cell: Count | Distribution }>;
  bounds: readonly number[];
};

type Readings = Record<string, readonly Reading[]>;

type Reader = {
  definitions: Record<string, ObservedDefinition>;
  read(): Readings | Promise<Readings>;
  /** What has been asked already: what hangs is not asked again and again. */
  running: Promise<Readings> | undefined;
};

/** Series of one metric; what would be another one counts with the labels `other`. */
const maxSeries = 1_000;
const readWithinMs = 2_000;

const failuresDefinition = {
  name: 'gatehouse_metrics_read_failures_total',
  help: 'Times that a metric could not be read in time and was left out, by the first metric that was read with it.',
  labels: ['metric'],
} as const;

export function createMetrics(): Metrics {
  const families = new Map<string, Stored>();
  const readers = new Set<Reader>();

  /** The same metric may be counted in several parts of a process. */
  const declare = (definition: Definition, more: Omit<Stored, 'definition' | 'series'>): Stored => {
    const known = families.get(definition.name);
    const stored = known ?? { definition, ...more, series: new Map() };
    if (stored.type !== more.type || stored.definition.help !== definition.help)
      throw new Error(`${definition.name} is two metrics`);
    if ((stored.type === 'counter') !== definition.name.endsWith('_total'))
      throw new Error(`${definition.name}: counters, and nothing else, end in _total`);
    families.set(definition.name, stored);
    return stored;
  };

  const seriesIn = <Cell extends Count | Distribution>(stored: Stored, make: () => Cell) => {
    const names = stored.definition.labels ?? [];
    return (given: Labels = {}): Cell => {
      let labels: Labels = Object.fromEntries(names.map((name) => [name, given[name] ?? '']));
      let key = Object.values(labels).join('\n');
      if (!stored.series.has(key) && stored.series.size >= maxSeries) {
        labels = Object.fromEntries(names.map((name) => [name, 'other']));
        key = Object.values(labels).join('\n');
      }
      const known = stored.series.get(key);
      if (known) return known.cell as Cell;
      const cell = make();
      stored.series.set(key, { labels, cell });
      return cell;
    };
  };

  const counter = (definition: Definition) => {
    const stored = declare(definition, { type: 'counter', aggregator: 'sum', bounds: [] });
    const series = seriesIn(stored, () => new Count());
    // What has no labels is 0 until it is counted, not unknown.
    if (!definition.labels) series();
    return series;
  };

  const failures = counter(failuresDefinition);

  const ask = (reader: Reader): Promise<Readings> => {
    reader.running ??= (async () => await reader.read())().finally(() => {
      reader.running = undefined;
    });
    return reader.running;
  };

  const readingsOf = async (reader: Reader): Promise<[ObservedDefinition, Reading[]][]> => {
    const entries = Object.entries(reader.definitions);
    try {
      const readings = await within(readWithinMs, ask(reader));
      return entries.map(([key, definition]) => [definition, (readings[key] ?? []).slice(0, maxSeries)]);
    } catch {
      failures({ metric: entries[0]?.[1].name ?? '' }).add();
      return [];
    }
  };

  return {
    counter: counter as Metrics['counter'],
    histogram: ((definition: Definition & { bounds?: readonly number[] }) => {
      const { bounds = durationBounds } = definition;
      const stored = declare(definition, { type: 'histogram', aggregator: 'sum', bounds });
      return seriesIn(stored, () => new Distribution(stored.bounds));
    }) as Metrics['histogram'],
    observe(definitions, read) {
      for (const definition of Object.values<ObservedDefinition>(definitions)) {
        declare(definition, { type: definition.type, aggregator: definition.over ?? 'sum', bounds: [] });
      }
      const reader: Reader = { definitions, read, running: undefined };
      readers.add(reader);
      return () => void readers.delete(reader);
    },
    async read() {
      const readings = (await Promise.all([...readers].map(readingsOf))).flat();
      const samples = new Map<string, Sample[]>();
      for (const [{ name, labels: names = [] }, values] of readings) {
        const known = samples.get(name) ?? [];
        for (const { value, labels = {} } of values) {
          known.push({
            value,
            labels: Object.fromEntries(names.map((label) => [label, labels[label] ?? ''])),
          });
        }
        samples.set(name, known);
      }
      return [...families.values()].map((stored) => {
        const { name, help } = stored.definition;
        const counted = [...stored.series.values()].flatMap((series) =>
          samplesOf(name, stored.bounds, series),
        );
        const values = combine([...counted, ...(samples.get(name) ?? [])], stored.aggregator);
        return { name, help, type: stored.type, aggregator: stored.aggregator, values };
      });
    },
  };
}
