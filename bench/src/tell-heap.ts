// Preloaded into a process that is measured: on SIGUSR2 it collects garbage and writes what is left to the file of HEAP_FILE.
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  writeFileSync(process.env.HEAP_FILE ?? '', JSON.stringify({ at: Date.now(), heapUsed, external, rss }));
});
