import { parse } from 'libpg-query';

export type Migration = { tag: string; sql: string };

type Table = { schemaname?: string; relname: string };
type Constraint = { contype: string; skip_validation?: boolean };
type Command = {
  subtype: string;
  name?: string;
  def?: {
    ColumnDef?: { colname: string; constraints?: { Constraint: Constraint }[] };
    Constraint?: Constraint;
  };
};
type Word = { String: { sval: string } };
type Names = Partial<Word> & {
  List?: { items: Word[] };
  TypeName?: { names: Word[] };
  ObjectWithArgs?: { objname: Word[] };
};
type Statement = {
  CreateStmt?: { relation: Table };
  AlterTableStmt?: { relation: Table; cmds: { AlterTableCmd: Command }[] };
  RenameStmt?: { relation?: Table; renameType: string };
  DropStmt?: { removeType: string; objects: Names[] };
  IndexStmt?: { relation: Table; idxname?: string; if_not_exists?: boolean };
};

/** What breaks the code of the release before, and what keeps it waiting for longer than a moment. */
type Problem = { kind: 'contract' | 'locks'; text: string };

const contract = /^-- contract of (\S+): *\S/m;
const locks = /^-- locks: *\S/m;

/**
 * What is against expand and contract in the migrations of one folder that come after `baseline`: the release before serves on
 * while they run and after they have. A table that the same migration makes is nobody's yet. A line `-- contract of TAG: why` allows what takes
 * away, where TAG is an earlier migration that made it needless; `-- locks: why` allows what holds a table while it reads all of it.
 */
export async function problemsOf(migrations: readonly Migration[], baseline?: string): Promise<string[]> {
  const first = migrations.findIndex(({ tag }) => tag === baseline) + 1;
  const problems: string[] = [];
  for (const [index, { tag, sql }] of migrations.entries()) {
    if (index < first) continue;
    const earlier = migrations.slice(0, index).map((migration) => migration.tag);
    const expand = contract.exec(sql)?.[1];
    if (expand && !earlier.includes(expand)) problems.push(`${tag}: ${expand} is no earlier migration`);
    const allowed = { contract: expand !== undefined, locks: locks.test(sql) };
    for (const { kind, text } of await check(sql)) if (!allowed[kind]) problems.push(`${tag}: ${text}`);
  }
  return problems;
}

async function check(sql: string): Promise<Problem[]> {
  const { stmts = [] } = (await parse(sql)) as { stmts?: { stmt: Statement }[] };
  const own = new Set<string>();
  return stmts.flatMap(({ stmt }) => {
    const { CreateStmt, AlterTableStmt, RenameStmt, DropStmt, IndexStmt } = stmt;
    if (CreateStmt) own.add(nameOf(CreateStmt.relation));
    const table = (AlterTableStmt ?? RenameStmt ?? IndexStmt)?.relation;
    if (table && own.has(nameOf(table))) return [];
    if (DropStmt) return dropped(DropStmt);
    if (RenameStmt)
      return [{ kind: 'contract', text: `renames something of ${table ? nameOf(table) : 'it'}` }];
    if (IndexStmt && !IndexStmt.if_not_exists) {
      const what = `makes the index ${IndexStmt.idxname} while nobody may write to ${nameOf(IndexStmt.relation)}`;
      return [
        { kind: 'locks', text: `${what}: write IF NOT EXISTS, so that it can be made CONCURRENTLY before` },
      ];
    }
    return (AlterTableStmt?.cmds ?? []).flatMap(({ AlterTableCmd }) =>
      altered(nameOf(AlterTableStmt?.relation), AlterTableCmd),
    );
  });
}

function dropped({ removeType, objects }: NonNullable<Statement['DropStmt']>): Problem[] {
  // The code of the release before is slower without an index, but for one that its ON CONFLICT names: seen by a review.
  if (removeType === 'OBJECT_INDEX') return [];
  const names = objects.map(({ List, TypeName, ObjectWithArgs, ...plain }) => {
    const words =
      List?.items ?? TypeName?.names ?? ObjectWithArgs?.objname ?? (plain.String ? [plain as Word] : []);
    return words.map((word) => word.String.sval).join('.');
  });
  return [{ kind: 'contract', text: `drops ${names.join(', ')}` }];
}

function altered(table: string, { subtype, name, def }: Command): Problem[] {
  const what = `${table}.${name ?? ''}`;
  if (subtype === 'AT_DropColumn') return [{ kind: 'contract', text: `drops ${what}` }];
  if (subtype === 'AT_AlterColumnType') return [{ kind: 'contract', text: `changes the type of ${what}` }];
  if (subtype === 'AT_SetNotNull') return [{ kind: 'contract', text: `makes ${what} not null` }];
  if (subtype === 'AT_ColumnDefault' && !def)
    return [{ kind: 'contract', text: `takes ${what} its default` }];
  if (subtype === 'AT_AddColumn') return addedColumn(table, def?.ColumnDef);
  if (subtype !== 'AT_AddConstraint' || def?.Constraint?.skip_validation) return [];
  const type = def?.Constraint?.contype ?? '';
  return [
    {
      kind: 'contract',
      text: `adds a constraint (${type}) to ${table} that the release before may not keep to`,
    },
  ];
}

function addedColumn(table: string, column: NonNullable<Command['def']>['ColumnDef']): Problem[] {
  const kinds = new Set(column?.constraints?.map(({ Constraint }) => Constraint.contype));
  const what = `${table}.${column?.colname}`;
  const isFilled = ['CONSTR_DEFAULT', 'CONSTR_GENERATED', 'CONSTR_IDENTITY'].some((kind) => kinds.has(kind));
  if (kinds.has('CONSTR_NOTNULL') && !isFilled)
    return [{ kind: 'contract', text: `adds ${what}, not null and without a default` }];
  return kinds.has('CONSTR_UNIQUE') || kinds.has('CONSTR_PRIMARY')
    ? [{ kind: 'locks', text: `makes an index for ${what} while nobody may write` }]
    : [];
}

const nameOf = (table: Table | undefined): string => `${table?.schemaname ?? ''}.${table?.relname ?? ''}`;
