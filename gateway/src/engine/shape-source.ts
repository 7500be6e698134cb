import {
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  type NamedType,
  possibleRuntimeTypes,
  type Schema,
  type SelectionSet,
  type Type,
} from '@apollo/federation-internals';
import { type Collected, type CollectedFields, type Conditions, collectFields } from './collect-fields.ts';
import { leafSource } from './shape-leaf.ts';

/** Objects of the response, or their JSON. */
export type ShapeKind = 'object' | 'json';

export type ShapeSource = {
  /** Function declarations. Names of the schema and of the operation occur in them as JSON strings only. */
  text: string;
  /** The function that shapes the root object. */
  entry: string;
  /** Values that the functions name `c[n]`. */
  constants: unknown[];
};

/** What is longer is not generated: it would cost more memory than time it saves. */
const maxLength = 400_000;

/** Writes the functions that take merged data and answer the response, or `throw bail` when anything is not as expected. */
export function writeShape(
  schema: Schema,
  root: { type: NamedType; selections: SelectionSet },
  options: { kind: ShapeKind; conditions: Conditions },
): ShapeSource {
  const { kind, conditions } = options;
  const declarations: string[] = [];
  const constants: unknown[] = [];
  const names = new Map<string, string>();
  const ids = new Map<SelectionSet, number>();
  let length = 0;

  const idOf = (set: SelectionSet): number => {
    const id = ids.get(set) ?? ids.size;
    ids.set(set, id);
    return id;
  };
  const constant = (value: unknown) => `c[${constants.push(value) - 1}]`;

  /** The name of a function, whose declaration is written once for each key. */
  const declare = (key: string, body: () => string): string => {
    const known = names.get(key);
    if (known) return known;
    const name = `f${names.size}`;
    names.set(key, name);
    const declaration = `function ${name}(d) {\n${body()}}\n`;
    length += declaration.length;
    if (length > maxLength) throw new Error('the operation is too large to compile');
    declarations.push(declaration);
    return name;
  };

  const objectFunction = (type: NamedType, sets: readonly SelectionSet[]): string =>
    declare(`${type.name} ${sets.map(idOf).join(' ')}`, () =>
      isObjectType(type) ? objectBody(type.name, sets) : abstractBody(type, sets),
    );

  const objectBody = (typeName: string, sets: readonly SelectionSet[]): string => {
    const collected = collectFields(schema, sets, typeName, conditions);
    const name = JSON.stringify(typeName);
    const untyped = collected.fitsUntyped ? 't !== undefined && ' : '';
    return `${isNoObject}const t = d.__typename;\nif (${untyped}t !== ${name}) throw bail;\n${fieldsBody(collected, name)}`;
  };

  /** One function for all types on which the same fields are selected. */
  const abstractBody = (type: NamedType, sets: readonly SelectionSet[]): string => {
    const groups = new Map<string, { types: string[]; collected: CollectedFields }>();
    if (!isCompositeType(type)) throw new Error(`${type.name} has no fields`);
    for (const { name } of possibleRuntimeTypes(type)) {
      const collected = collectFields(schema, sets, name, conditions);
      const key = [...collected.fields].map(([field, one]) => `${field} ${signature(one)}`).join('\n');
      const group = groups.get(key) ?? { types: [], collected };
      group.types.push(name);
      groups.set(key, group);
    }
    const cases = [...groups].map(([key, { types, collected }]) => {
      const inner = declare(
        `of ${type.name}\n${key}`,
        () => `const t = d.__typename;\n${fieldsBody(collected, 't')}`,
      );
      return `${types.map((name) => `case ${JSON.stringify(name)}: `).join('')}return ${inner}(d);\n`;
    });
    return `${isNoObject}switch (d.__typename) {\n${cases.join('')}}\nthrow bail;\n`;
  };

  const signature = (one: Collected): string =>
    one.kind === 'typename' ? '' : `${one.type} ${one.selections.map(idOf).join(' ')}`;

  const fieldsBody = ({ fields }: CollectedFields, typeName: string): string => {
    const lines: string[] = [];
    const parts: string[] = [];
    let count = 0;
    for (const [key, one] of fields) {
      const value = `v${count++}`;
      const quoted = JSON.stringify(key);
      lines.push(`let ${value} = ${inherited.has(key) ? `own(d, ${quoted})` : `d[${quoted}]`};\n`);
      if (one.kind === 'typename') {
        lines.push(`if (${value} === undefined || ${value} === null) ${value} = ${typeName};\n`);
        lines.push(`else if (${value} !== ${typeName}) throw bail;\n`);
        if (kind === 'json') lines.push(`${value} = '"' + ${value} + '"';\n`);
      } else {
        lines.push(valueBody(one.type, one.selections, value));
      }
      parts.push(
        kind === 'object' ? `${property(quoted)}: ${value}` : jsonPart(quoted, value, parts.length === 0),
      );
    }
    if (kind === 'object') return `${lines.join('')}return { ${parts.join(', ')} };\n`;
    return `${lines.join('')}return ${parts.length === 0 ? "'{}'" : `${parts.join(' + ')} + '}'`};\n`;
  };

  /** Statements that check the value in a variable and put its shape there. */
  const valueBody = (type: Type, sets: readonly SelectionSet[], value: string): string => {
    const isRequired = isNonNullType(type);
    const inner = isNonNullType(type) ? type.ofType : type;
    const absent = isRequired ? 'throw bail' : `${value} = ${kind === 'json' ? "'null'" : 'null'}`;
    const test = `if (${value} === undefined || ${value} === null) ${absent};\n`;
    return `${test}${isRequired ? '' : 'else '}{ ${presentBody(inner, sets, value)} }\n`;
  };

  const presentBody = (type: Type, sets: readonly SelectionSet[], value: string): string => {
    if (isListType(type)) return `${value} = ${listFunction(type.ofType, sets)}(${value});`;
    if (isCompositeType(type)) return `${value} = ${objectFunction(type, sets)}(${value});`;
    const leaf = leafSource(type as NamedType, constant);
    const check = `if (${leaf.isWrong(value)}) throw bail;`;
    return kind === 'json' ? `${check} ${value} = ${leaf.json(value)};` : check;
  };

  const listFunction = (element: Type, sets: readonly SelectionSet[]): string =>
    declare(`[${element}] ${sets.map(idOf).join(' ')}`, () => {
      const inner = `let e = d[i];\nif (e === undefined) throw bail;\n${valueBody(element, sets, 'e')}`;
      if (kind === 'object') {
        return `if (!Array.isArray(d)) throw bail;\nconst r = [];\nfor (let i = 0; i < d.length; i++) {\n${inner}r.push(e);\n}\nreturn r;\n`;
      }
      return `if (!Array.isArray(d)) throw bail;\nlet r = '[';\nfor (let i = 0; i < d.length; i++) {\n${inner}r += i === 0 ? e : ',' + e;\n}\nreturn r + ']';\n`;
    });

  const entry = objectFunction(root.type, [root.selections]);
  return { text: declarations.join(''), entry, constants };
}

const isNoObject = "if (typeof d !== 'object' || Array.isArray(d)) throw bail;\n";

/** The constant part before a value is one literal. */
const jsonPart = (quoted: string, value: string, isFirst: boolean): string =>
  `${JSON.stringify(`${isFirst ? '{' : ','}${quoted}:`)} + ${value}`;

/** In an object literal, `"__proto__": x` sets the prototype; in brackets it is a name like any other. */
const property = (quoted: string) => (quoted === '"__proto__"' ? `[${quoted}]` : quoted);

/** Response keys that every object seems to have. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));
