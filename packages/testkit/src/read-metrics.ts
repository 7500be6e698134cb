/** One line of an exposition, read. */
export type ReadSample = { name: string; labels: Readonly<Record<string, string>>; value: number };
export type ReadFamily = { name: string; type: string; help: string; samples: ReadSample[] };

/** What a scrape told. */
export type ReadMetrics = {
  families: ReadonlyMap<string, ReadFamily>;
  /** What the series with these labels, and whatever others, add up to; 0 when there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  labelValues(name: string, label: string): string[];
};

const headPattern = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/;
const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const types = ['counter', 'gauge', 'histogram', 'summary'];

/**
 * Reads Prometheus' text format (0.0.4), or OpenMetrics (1.0), and throws at whatever a server may not write: a family in two
 * places or without its head, a series told twice, buckets that fall, counters without their suffix, a missing end.
 */
export function readMetrics(text: string, format: 'prometheus' | 'openmetrics' = 'prometheus'): ReadMetrics {
  const families = new Map<string, ReadFamily>();
  const seen = new Set<string>();
  let current: ReadFamily | undefined;
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line is not ended');
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('there is no # EOF');

  for (const line of lines) {
    if (line === '' && format === 'prometheus') continue;
    const [, kind, name = '', rest = ''] = headPattern.exec(line) ?? [];
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is told in two places`);
      if (rest.trim() === '') throw new Error(`${name} has no help`);
      current = { name, type: '', help: rest, samples: [] };
      families.set(name, current);
    } else if (kind === 'TYPE') {
      if (current?.name !== name || current.type) throw new Error(`the type of ${name} is out of place`);
      if (!types.includes(rest)) throw new Error(`${name} is of type ${rest}`);
      current.type = rest;
    } else {
      const sample = readSample(line);
      if (!current?.type || !namesOf(current, format).includes(sample.name))
        throw new Error(`out of place: ${line}`);
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(series)) throw new Error(`told twice: ${line}`);
      seen.add(series);
      current.samples.push(sample);
    }
  }
  for (const family of families.values()) check(family, format);

  const matching = (name: string, labels: Readonly<Record<string, string>>) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .filter((one) => one.name === name)
      .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value));
  return {
    families,
    sum: (name, labels = {}) => matching(name, labels).reduce((total, { value }) => total + value, 0),
    labelValues: (name, label) => [...new Set(matching(name, {}).map((one) => one.labels[label] ?? ''))],
  };
}

function readSample(line: string): ReadSample {
  const [, name, inBraces = '', number] = samplePattern.exec(line) ?? [];
  if (!name || !number) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  labelPattern.lastIndex = 0;
  for (let at = 0; at < inBraces.length; at = labelPattern.lastIndex) {
    const [, label = '', value = ''] = labelPattern.exec(inBraces) ?? [];
    if (!label || label in labels) throw new Error(`labels that can't be read: ${line}`);
    labels[label] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  const value = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN }[number] ?? Number(number);
  if (Number.isNaN(value) && number !== 'NaN') throw new Error(`not a number: ${line}`);
  return { name, labels, value };
}

function namesOf({ name, type }: ReadFamily, format: string): string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`];
  return [type === 'counter' && format === 'openmetrics' ? `${name}_total` : name];
}

function check({ name, type, samples }: ReadFamily, format: string): void {
  if (!type) throw new Error(`${name} has no type`);
  const isCounter = type === 'counter';
  if (name.endsWith('_total') !== (isCounter && format === 'prometheus'))
    throw new Error(`${name}: counters, and nothing else, end in _total`);
  if (isCounter && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name} is less than nothing`);
  if (type !== 'histogram') return;
  const seriesOf = ({ labels: { le: _, ...others } }: ReadSample) =>
    JSON.stringify(Object.entries(others).sort());
  for (const count of samples.filter((one) => one.name === `${name}_count`)) {
    const own = samples.filter((one) => seriesOf(one) === seriesOf(count) && one.name === `${name}_bucket`);
    const bounds = own.map(({ labels }) => (labels.le === '+Inf' ? Infinity : Number(labels.le)));
    const isRising = own.every(({ value }, index) => index === 0 || value >= (own[index - 1]?.value ?? 0));
    const isSorted = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0));
    if (!isRising || !isSorted || bounds.at(-1) !== Infinity || own.at(-1)?.value !== count.value)
      throw new Error(`the buckets of ${name} do not add up`);
  }
}
