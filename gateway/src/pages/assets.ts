import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export type Asset = { type: string; body: Buffer; gzipped: Buffer; etag: string };

const compress = promisify(gzip);
const javascript = 'text/javascript; charset=utf-8';
const css = 'text/css; charset=utf-8';

/** Files of the pages, by the path they are served at. */
const files: Record<string, { file: string; type: string }> = {
  '/assets/style.css': { file: 'style.css', type: css },
  '/assets/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
  ...Object.fromEntries(
    ['form', 'graphql', 'documents', 'confirm', 'reset', 'playground', 'playground-fetcher'].map((name) => [
      `/assets/${name}.js`,
      { file: `${name}.js`, type: javascript },
    ]),
  ),
};

/** GraphiQL and its workers: text exported by a module of 9 MB, which is loaded when somebody opens the playground. */
const graphiql = {
  '/assets/graphiql/graphiql.js': { name: 'js', type: javascript },
  '/assets/graphiql/style.css': { name: 'css', type: css },
  '/assets/graphiql/editor-worker.js': { name: 'editorWorkerService', type: javascript },
  '/assets/graphiql/json-worker.js': { name: 'jsonWorker', type: javascript },
  '/assets/graphiql/graphql-worker.js': { name: 'graphqlWorker', type: javascript },
} as const;

export const readPageFile = (file: string): Promise<Buffer> =>
  readFile(new URL(`./assets/${file}`, import.meta.url));

/** Assets by path, each read and compressed once. */
export function createAssets() {
  const known = new Map<string, Promise<Asset>>();

  const read = async (path: string): Promise<Asset> => {
    const file = files[path];
    if (file) return await assetOf(file.type, await readPageFile(file.file));
    const { name, type } = graphiql[path as keyof typeof graphiql];
    const texts = await import('@graphql-yoga/render-graphiql/graphiql');
    return await assetOf(type, Buffer.from(texts[name]));
  };

  return (path: string): Promise<Asset> | undefined => {
    if (!Object.hasOwn(files, path) && !Object.hasOwn(graphiql, path)) return undefined;
    const asset = known.get(path) ?? read(path);
    known.set(path, asset);
    asset.catch(() => known.delete(path));
    return asset;
  };
}

async function assetOf(type: string, body: Buffer): Promise<Asset> {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  return { type, body, gzipped: await compress(body), etag };
}
