import {
  type FieldSelection,
  isSubtype,
  type Schema,
  type Selection,
  type SelectionSet,
  type Type,
  typenameFieldName,
  Variable,
} from '@apollo/federation-internals';

/** A key of a response object: the name of its type, or a field with all selections made on it. */
export type Collected = { kind: 'typename' } | { kind: 'field'; type: Type; selections: SelectionSet[] };

export type CollectedFields = {
  fields: Map<string, Collected>;
  /** Whether the same fields apply to an object of the type that does not say its `__typename`. */
  fitsUntyped: boolean;
};

/** The values of the booleans that decide `@skip` and `@include`. */
export type Conditions = ReadonlyMap<string, boolean>;

/**
 * The fields selected on objects of one type, in the order of the response (GraphQL, "CollectFields"). Two objects of
 * the same type always have the same.
 */
export function collectFields(
  schema: Schema,
  selectionSets: readonly SelectionSet[],
  typeName: string,
  conditions: Conditions,
): CollectedFields {
  const collected: CollectedFields = { fields: new Map(), fitsUntyped: true };
  const type = schema.type(typeName);

  // Below a fragment on an interface or union, an untyped object counts as of that type only.
  const visit = (set: SelectionSet, isWidened: boolean): void => {
    for (const selection of set.selections()) {
      if (isSkipped(schema, selection, conditions)) continue;
      if (selection.kind === 'FieldSelection') {
        if (isWidened && selection.element.name === typenameFieldName) collected.fitsUntyped = false;
        addField(collected.fields, selection);
        continue;
      }
      const { typeCondition } = selection.element;
      if (typeCondition && isWidened) collected.fitsUntyped = false;
      if (!typeCondition) visit(selection.selectionSet, isWidened);
      else if (type && isSubtype(typeCondition, type)) {
        visit(selection.selectionSet, isWidened || typeCondition.name !== typeName);
      }
    }
  };

  for (const set of selectionSets) visit(set, false);
  return collected;
}

function addField(fields: CollectedFields['fields'], { element, selectionSet }: FieldSelection): void {
  const key = element.responseName();
  const known = fields.get(key);
  if (element.name === typenameFieldName) {
    if (!known) fields.set(key, { kind: 'typename' });
  } else if (known?.kind === 'field') {
    if (selectionSet) known.selections.push(selectionSet);
  } else {
    const type = element.definition.type;
    if (!type) throw new Error(`${element.name} has no type`);
    fields.set(key, { kind: 'field', type, selections: selectionSet ? [selectionSet] : [] });
  }
}

function isSkipped(schema: Schema, { element }: Selection, conditions: Conditions): boolean {
  const [skip] = element.appliedDirectivesOf(schema.skipDirective());
  const [include] = element.appliedDirectivesOf(schema.includeDirective());
  const isOn = (value: unknown) =>
    value instanceof Variable ? conditions.get(value.name) === true : value === true;
  return (skip && isOn(skip.arguments().if)) || (include && !isOn(include.arguments().if)) || false;
}

/** Names of the variables that decide `@skip` and `@include` anywhere in the selections. */
export function conditionVariables(schema: Schema, root: SelectionSet): string[] {
  const names = new Set<string>();
  const seen = new Set<SelectionSet>();
  const visit = (set: SelectionSet): void => {
    if (seen.has(set)) return;
    seen.add(set);
    for (const selection of set.selections()) {
      for (const directive of [schema.skipDirective(), schema.includeDirective()]) {
        const [applied] = selection.element.appliedDirectivesOf(directive);
        const value: unknown = applied?.arguments().if;
        if (value instanceof Variable) names.add(value.name);
      }
      if (selection.selectionSet) visit(selection.selectionSet);
    }
  };
  visit(root);
  return [...names];
}
