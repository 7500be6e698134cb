import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { hashOf, type Random, randomOf } from './random.ts';

export type DeclaredVariable = {
  name: string;
  /** As in the operation's header, with its default. */
  text: string;
  type: string;
  /** The value of the n-th assignment; undefined leaves the variable out. */
  value(n: number): unknown;
};

/** Values that the mocked entities' keys are made of, and some that are not. */
const words = ['id-1', 'id-2', 'sku-3', 'name', 'constructor', '', 'quote " and \\ é 漢', 'long '.repeat(9)];
const wholes = [0, 1, 2, 3, -7, 2_147_483_647];
const fractions = [0.5, 3, -2.25, 1e10];
const anything: unknown[] = [
  'text',
  12,
  false,
  { a: { b: [1, null] }, constructor: 'c' },
  [1, [2, 'x']],
  { 'not-a-name': 1 },
];

/** Writes argument values: literals, variables, and literals with variables inside. */
export function createInputs(random: Random) {
  const variables: DeclaredVariable[] = [];

  const write = (type: GraphQLInputType, hasDefault = false, depth = 0): string => {
    if (random.chance(depth === 0 ? 0.45 : 0.15)) return `$${variableFor(type, hasDefault)}`;
    if (isNonNullType(type)) return literal(type.ofType, depth);
    return random.chance(0.12) ? 'null' : literal(type, depth);
  };

  const literal = (type: GraphQLInputType, depth: number): string => {
    if (isNonNullType(type)) return literal(type.ofType, depth);
    if (isListType(type)) {
      // One item stands for a list of one.
      if (random.chance(0.15)) return isListType(type.ofType) ? '[]' : literal(type.ofType, depth + 1);
      return `[${Array.from({ length: random.below(3) }, () => write(type.ofType, false, depth + 1)).join(', ')}]`;
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).flatMap((field) => {
        const needed = isRequiredInputField(field);
        if (!needed && (depth > 2 || random.chance(0.45))) return [];
        return [`${field.name}: ${write(field.type, field.defaultValue !== undefined, depth + 1)}`];
      });
      return `{${fields.join(', ')}}`;
    }
    return printed(madeUp(type, random, 0), isEnumType(type));
  };

  const variableFor = (type: GraphQLInputType, hasDefault: boolean): string => {
    const fitting = variables.filter((one) => one.type === String(type));
    if (fitting.length > 0 && random.chance(0.4)) return random.pick(fitting).name;
    return declare(type, hasDefault).name;
  };

  /** `hasDefault`: the position has one, so a nullable variable may stand where null may not. */
  const declare = (type: GraphQLInputType, hasDefault: boolean): DeclaredVariable => {
    const name = random.chance(0.05) ? `constructor${variables.length}` : `v${variables.length}`;
    const inner = isNonNullType(type) ? type.ofType : type;
    const takesNull = !isNonNullType(type);
    const withDefault = random.chance(0.4);
    const isNullable = takesNull ? random.chance(0.75) : withDefault || (hasDefault && random.chance(0.3));
    const defaultText = takesNull && random.chance(0.2) ? 'null' : constant(inner);
    const usesDefault = withDefault && (isNullable || defaultText !== 'null');
    const seed = `${name}/${random.below(1_000_000)}`;
    const variable: DeclaredVariable = {
      name,
      type: String(type),
      text: `$${name}: ${inner}${isNullable ? '' : '!'}${usesDefault ? ` = ${defaultText}` : ''}`,
      value(n) {
        const own = randomOf(`${seed}/${n}`);
        if (n > 0 && (isNullable || usesDefault) && own.chance(0.45)) return undefined;
        if (n > 0 && isNullable && takesNull && own.chance(0.3)) return null;
        return madeUp(inner, own, 0);
      },
    };
    variables.push(variable);
    return variable;
  };

  /** A literal without variables. */
  const constant = (type: GraphQLInputType): string => constantOf(type, madeUp(type, random, 0));

  return {
    write,
    /** What stands in `@skip(if: …)`. */
    condition(): string {
      if (random.chance(0.25)) return String(random.chance(0.5));
      const known = variables.filter((one) => one.type === 'condition');
      if (known.length > 0 && random.chance(0.5)) return `$${random.pick(known).name}`;
      const name = `if${variables.length}`;
      const declared = random.pick(['Boolean!', 'Boolean! = true', 'Boolean = false', 'Boolean! = false']);
      const seed = random.below(1_000_000);
      variables.push({
        name,
        type: 'condition',
        text: `$${name}: ${declared}`,
        value(n) {
          const roll = hashOf(`${seed}/${n}`);
          if (declared.includes('=') && n > 0 && roll % 3 === 0) return undefined;
          return (roll >> 4) % 2 === 0;
        },
      });
      return `$${name}`;
    },
    declared: () => variables,
  };
}

/** A value as a variable carries it. */
function madeUp(type: GraphQLInputType, random: Random, depth: number): unknown {
  if (isNonNullType(type)) return madeUp(type.ofType, random, depth);
  const nullable = (inner: GraphQLInputType) =>
    !isNonNullType(inner) && random.chance(0.15) ? null : madeUp(inner, random, depth + 1);
  if (isListType(type)) return Array.from({ length: random.below(3) }, () => nullable(type.ofType));
  if (isInputObjectType(type)) {
    const value: Record<string, unknown> = {};
    for (const field of Object.values(type.getFields())) {
      if (!isRequiredInputField(field) && (depth > 1 || random.chance(0.4))) continue;
      value[field.name] =
        field.defaultValue !== undefined ? madeUp(field.type, random, depth + 1) : nullable(field.type);
    }
    return value;
  }
  if (isEnumType(type)) return random.pick(type.getValues()).name;
  if (type.name === 'Int') return random.pick(wholes);
  if (type.name === 'Float') return random.pick(fractions);
  if (type.name === 'Boolean') return random.chance(0.5);
  if (type.name === 'String' || type.name === 'ID') return random.pick(words);
  return random.pick(anything);
}

/** A value as text of a document. */
function constantOf(type: GraphQLInputType, value: unknown): string {
  if (isNonNullType(type)) return constantOf(type.ofType, value);
  if (value === null) return 'null';
  if (isListType(type) && Array.isArray(value)) {
    return `[${value.map((item) => constantOf(type.ofType, item)).join(', ')}]`;
  }
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const parts = Object.entries(value as object).map(([name, inner]) => {
      const field = fields[name];
      return `${name}: ${field ? constantOf(field.type, inner) : printed(inner, false)}`;
    });
    return `{${parts.join(', ')}}`;
  }
  return printed(value, isEnumType(type));
}

const nameLike = /^[A-Za-z_]\w*$/;

/** Keys that no document can write are left out. */
function printed(value: unknown, isEnum: boolean): string {
  if (isEnum) return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => printed(item, false)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).filter(([name]) => nameLike.test(name));
    return `{${parts.map(([name, inner]) => `${name}: ${printed(inner, false)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}
