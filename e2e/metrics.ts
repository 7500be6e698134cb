import { type ReadMetrics, readMetrics } from '@gatehouse/testkit';
import { gatehouse } from './gatehouse.ts';

export type Scrape = Pick<ReadMetrics, 'sum'> & {
  /** What each process told, by its name. */
  processes: ReadonlyMap<string, ReadMetrics>;
  text: string;
};

/** What all processes of a deployment tell, as Prometheus asks for it. */
export async function scrape(
  urls: Readonly<Record<string, string>> = gatehouse.metricsUrls,
): Promise<Scrape> {
  const texts = await Promise.all(
    Object.entries(urls).map(async ([name, url]): Promise<[string, string]> => {
      const response = await fetch(url, { headers: { accept: 'text/plain;version=0.0.4' } });
      if (response.status !== 200) throw new Error(`${name} answered ${response.status}`);
      return [name, await response.text()];
    }),
  );
  const processes = new Map(texts.map(([name, text]) => [name, readMetrics(text)]));
  return {
    processes,
    text: texts.map(([, text]) => text).join('\n'),
    sum: (name, labels) => [...processes.values()].reduce((total, one) => total + one.sum(name, labels), 0),
  };
}
