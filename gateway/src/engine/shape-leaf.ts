import {
  isBooleanType,
  isCustomScalarType,
  isEnumType,
  isFloatType,
  isIDType,
  isIntType,
  type NamedType,
} from '@apollo/federation-internals';

/** How values of a leaf type are checked and written: the sources of expressions over the source of a value. */
export type LeafSource = {
  /** True for a value that may not be shown. */
  isWrong(value: string): string;
  json(value: string): string;
};

const plain = (value: string) => `'' + ${value}`;

/** By the rules of Apollo's post-processing: what no subgraph that serialises by its schema would answer is wrong. */
export function leafSource(type: NamedType, constant: (value: unknown) => string): LeafSource {
  if (isCustomScalarType(type)) return { isWrong: () => 'false', json: (value) => `json(${value})` };
  if (isBooleanType(type)) return { isWrong: (value) => `typeof ${value} !== 'boolean'`, json: plain };
  if (isIntType(type)) return { isWrong: (value) => `!isInteger(${value})`, json: plain };
  if (isFloatType(type)) {
    return { isWrong: (value) => `typeof ${value} !== 'number' || !Number.isFinite(${value})`, json: plain };
  }
  if (isEnumType(type)) {
    const values = constant(new Set(type.values.map(({ name }) => name)));
    return { isWrong: (value) => `!${values}.has(${value})`, json: (value) => `'"' + ${value} + '"'` };
  }
  const isText = (value: string) => `typeof ${value} !== 'string'`;
  if (!isIDType(type)) return { isWrong: isText, json: (value) => `quote(${value})` };
  return {
    isWrong: (value) => `${isText(value)} && !isInteger(${value})`,
    json: (value) => `typeof ${value} === 'string' ? quote(${value}) : '' + ${value}`,
  };
}

/** Above this, JavaScript writes integers with an exponent. */
const exponentFrom = 1e21;

export const isInteger = (value: unknown): boolean =>
  Number.isInteger(value) && Math.abs(value as number) < exponentFrom;

/** Everything but what stands in JSON as it is: not control characters, quotation marks, backslashes or surrogates. */
const escaped = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** A string as JSON. Most need no escaping. */
export const quote = (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`);
