import { number, row, verdict } from '../cells.ts';
import type { DocumentsResults, Throughput } from './documents.ts';

const leastShare = 0.6;
/** Beyond what the process had before: buffers, and no document. */
const mostGrowthMb = 64;

export function documentsTable(results: DocumentsResults): string[] {
  const { megabytes, postgres, mongodb, gridfs, disk, large } = results;
  const rows: [string, Throughput | null][] = [
    ['a file on the disk', disk],
    ['GridFS by its driver', gridfs],
    ['product, content in MongoDB', mongodb],
    ['product, content in PostgreSQL', postgres],
  ];
  const cell = (value: number, base: number | undefined) =>
    base ? `${number(value)} (${(value / base).toFixed(2)})` : number(value);
  const share = (what: string, own: number | undefined, other: number | undefined) => {
    if (!own || !other) return row(what, `${leastShare} ×`, '—', 'not measured');
    return row(what, `${leastShare} ×`, `${(own / other).toFixed(2)} ×`, verdict(own / other >= leastShare));
  };
  return [
    `## Documents of ${megabytes} MB over the public port, in MB/s (share of the disk)`,
    '',
    row('', 'up', 'down'),
    row('---', '---:', '---:'),
    ...rows.map(([name, one]) =>
      one ? row(name, cell(one.up, disk.up), cell(one.down, disk.down)) : row(name, '—', '—'),
    ),
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    share('upload, product on MongoDB : GridFS', mongodb?.up, gridfs?.up),
    share('download, product on MongoDB : GridFS', mongodb?.down, gridfs?.down),
    ...large.map(({ content, megabytes: size, beforeMb, mostMb }) =>
      row(
        `RSS while ${number(size)} MB go in and out, content in ${content}`,
        `≤ +${mostGrowthMb} MB`,
        `${beforeMb} → ${mostMb} MB`,
        verdict(mostMb - beforeMb <= mostGrowthMb),
      ),
    ),
    '',
  ];
}
