// Loaded by `--import` before a process of Gatehouse, so that it starts sooner; it also runs without. Not TypeScript: Node would load its
// type stripper for this file, which the cache spares it for all others.
import { createRequire, enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// Compiled and stripped code is kept between starts.
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/compile'));

// Whoever imports a TypeScript file by its path means that file: Node would look for it, for links on the way and for its package.
const isOwn = /^\.{1,2}\/.*\.ts$/;
// For each ES module of a package Node parses the `exports` of its manifest again. Those of Drizzle are 180 KB: half a second of a start.
// Its CommonJS modules, the same code, are not asked about.
const isDrizzle = /^drizzle-orm(\/|$)/;
const known = new Map();
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL, conditions } = context;
    if (!parentURL || conditions.includes('require')) return next(specifier, context);
    if (isOwn.test(specifier) && parentURL.endsWith('.ts'))
      return { url: new URL(specifier, parentURL).href, format: 'module-typescript', shortCircuit: true };
    if (!isDrizzle.test(specifier)) return next(specifier, context);
    const url = known.get(specifier) ?? pathToFileURL(createRequire(parentURL).resolve(specifier)).href;
    known.set(specifier, url);
    return { url, format: 'commonjs', shortCircuit: true };
  },
});
