import { readdirSync, readFileSync } from 'node:fs';

/** Where the joined schema of a subgraph lives: one file, as rover's format and the subgraph itself read it. */
export const schemaPath = (name: string) => `subgraphs/${name}/generated/schema.graphql`;

/** The `.graphql` files of each subgraph joined into one text: `schema.graphql` first, then by name. */
export function joinSchemas(names: string[]): Map<string, string> {
  const joined = names.map((name): [string, string] => {
    const folder = `subgraphs/${name}/schema`;
    const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
    files.sort(
      (a, b) => Number(b === 'schema.graphql') - Number(a === 'schema.graphql') || a.localeCompare(b),
    );
    const parts = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
    return [schemaPath(name), `# Generated from ${folder} by "npm run compose".\n\n${parts.join('\n\n')}\n`];
  });
  return new Map(joined);
}
