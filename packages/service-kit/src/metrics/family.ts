import { type Count, Distribution } from './cells.ts';

export type Labels = Readonly<Record<string, string>>;

/** One line of an exposition. */
export type Sample = {
  value: number;
  labels: Readonly<Record<string, string | number>>;
  /** Where it is not that of the family: a bucket, a sum, a count. */
  metricName?: string;
};

/** A metric with its samples, in the form in which `@prometheus-io/client` hands metrics from process to process. */
export type Family = {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** How it adds up over processes. */
  aggregator: 'sum' | 'max' | 'min';
  values: Sample[];
};

/** The samples of one series. */
export function samplesOf(
  name: string,
  bounds: readonly number[],
  { labels, cell }: { labels: Labels; cell: Count | Distribution },
): Sample[] {
  if (!(cell instanceof Distribution)) return [{ value: cell.value, labels }];
  let total = 0;
  const buckets = [...bounds, '+Inf'].map((le, index) => {
    total += cell.counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: cell.sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

const combined: Record<Family['aggregator'], (one: number, other: number) => number> = {
  sum: (one, other) => one + other,
  max: Math.max,
  min: Math.min,
};

/** Every series once: what several parts tell of one is added up, or the largest or least of it taken. */
export function combine(samples: readonly Sample[], aggregator: Family['aggregator']): Sample[] {
  const series = new Map<string, Sample>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.metricName, sample.labels]);
    const known = series.get(key);
    if (!known) series.set(key, { ...sample });
    else known.value = combined[aggregator](known.value, sample.value);
  }
  return [...series.values()];
}

/** What is left of processes that have ended: nothing that has been counted is lost, nor is anything still the case. */
export function addUp(counted: readonly Family[], ended: readonly Family[]): Family[] {
  const families = new Map(counted.map((family) => [family.name, family]));
  for (const family of ended) {
    if (family.type === 'gauge' || !family.name.startsWith('gatehouse_')) continue;
    const before = families.get(family.name)?.values ?? [];
    families.set(family.name, { ...family, values: combine([...before, ...family.values], 'sum') });
  }
  return [...families.values()];
}
