import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  validate,
  visit,
} from 'graphql';

const folder = 'sdk/operations';
export const manifestPath = `${folder}/manifest.json`;

/**
 * The clients' operations as a manifest of persisted queries (Apollo's format): each with the fragments it uses, by the
 * SHA-256 of that text. Throws naming what does not fit the public schema, or shares its name with another.
 */
export function persistedOperations(): Map<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
  const texts = files.sort().map((file) => readFileSync(`${folder}/${file}`, 'utf8'));
  const document = parse(texts.join('\n'), { noLocation: true });
  refuseProblems(document);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const operations = document.definitions
    .filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    .map((node) => entryOf(node, fragments))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations };
  return new Map([[manifestPath, `${JSON.stringify(manifest, null, 2)}\n`]]);
}

function refuseProblems(document: DocumentNode): void {
  const supergraph = Supergraph.build(readFileSync('supergraph.graphql', 'utf8'), {
    supportedFeatures: null,
  });
  const problems = validate(supergraph.apiSchema().toGraphQLJSSchema(), document);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => `${folder}: ${message}`).join('\n'));
}

function entryOf(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const used = new Set<FragmentDefinitionNode>();
  const collect = (node: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(fragment)) return;
        used.add(fragment);
        collect(fragment);
      },
    });
  };
  collect(operation);
  const body = print({ kind: Kind.DOCUMENT, definitions: [operation, ...used] });
  const id = createHash('sha256').update(body).digest('hex');
  return { id, name: operation.name?.value ?? '', type: operation.operation, body };
}
