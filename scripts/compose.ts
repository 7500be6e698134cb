// Composes supergraph.graphql from supergraph.yaml. `--check` compares instead of writing.
import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { joinSchemas, schemaPath } from './lib/join-schemas.ts';
import { settle } from './lib/settle.ts';

type SupergraphConfig = { subgraphs: Record<string, { routing_url: string; schema: { file: string } }> };

const config = parseYaml(readFileSync('supergraph.yaml', 'utf8')) as SupergraphConfig;
const joined = joinSchemas(Object.keys(config.subgraphs));
const services = Object.entries(config.subgraphs).map(([name, { routing_url: url, schema }]) => {
  if (schema.file !== `./${schemaPath(name)}`)
    throw new Error(`${name}: unexpected schema file ${schema.file}`);
  return { name, url, typeDefs: parse(joined.get(schemaPath(name)) ?? '') };
});

const result = composeServices(services);
if (result.errors) {
  for (const error of result.errors) console.error(error.message);
  process.exit(1);
}
for (const hint of result.hints) {
  if (hint.definition.level.name === 'WARN') console.error(`${hint.definition.code}: ${hint.message}`);
}
settle(
  new Map([...joined, ['supergraph.graphql', `${result.supergraphSdl.trimEnd()}\n`]]),
  'npm run compose',
);
