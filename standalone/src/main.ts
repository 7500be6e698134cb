import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiled and stripped code is kept between starts: the second start is three times as quick.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/compile'));
const { main } = await import('./start.ts');
await main();
