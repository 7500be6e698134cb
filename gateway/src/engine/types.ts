import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';
import type { Data } from './run.ts';

/** Whether an object that came from a subgraph is of a type (of the supergraph, with everything inaccessible). */
export type TypeTest = (object: unknown) => boolean;

/** `ifUntyped` is the answer for objects that carry no `__typename`. */
export function typeTest(schema: GraphQLSchema, typeName: string, ifUntyped: boolean): TypeTest {
  const known = new Map<unknown, boolean>();
  return (object) => {
    const name = (object as Data).__typename;
    if (!name) return ifUntyped;
    const answer = known.get(name);
    if (answer !== undefined) return answer;
    const fits = name === typeName || (typeof name === 'string' && isSubType(schema, typeName, name));
    // What subgraphs answer is not bounded; the types of a schema are.
    if (typeof name === 'string' && schema.getType(name)) known.set(name, fits);
    return fits;
  };
}

function isSubType(schema: GraphQLSchema, typeName: string, name: string): boolean {
  const type = schema.getType(name);
  const wanted = schema.getType(typeName);
  if (!type || !isAbstractType(wanted)) return false;
  return (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
}
