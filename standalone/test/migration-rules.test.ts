import { expect, test } from 'vitest';
import { problemsOf } from '../../scripts/lib/migration-rules.ts';

const before = { tag: '0000_things', sql: 'create table house.thing (id int primary key, name text)' };
const problems = (sql: string) => problemsOf([before, { tag: '0001_next', sql }], before.tag);

test.each([
  ['drops a table', 'drop table house.thing', /drops house.thing/],
  ['drops a column', 'alter table house.thing drop column name', /drops house.thing.name/],
  ['drops a type', 'drop type house.colour', /drops house.colour/],
  ['drops a schema', 'drop schema house cascade', /drops/],
  ['renames a column', 'alter table house.thing rename column name to title', /renames something/],
  ['renames a table', 'alter table house.thing rename to item', /renames something/],
  ['changes a type', 'alter table house.thing alter column name type varchar(9)', /changes the type/],
  ['forbids null', 'alter table house.thing alter column name set not null', /not null/],
  ['takes a default', 'alter table house.thing alter column name drop default', /default/],
  ['adds what must be given', 'alter table house.thing add column age int not null', /without a default/],
  ['adds a rule', 'alter table house.thing add constraint c check (id > 0)', /adds a constraint/],
  ['adds a foreign key', 'alter table house.thing add foreign key (id) references house.other', /FOREIGN/],
  ['holds a table for an index', 'create index thing_name on house.thing (name)', /CONCURRENTLY/],
  ['adds a unique column', 'alter table house.thing add column code text unique', /makes an index/],
])('a migration that %s is refused', async (_, sql, problem) => {
  expect(await problems(sql)).toEqual([expect.stringMatching(problem)]);
});

test.each([
  ['a column that may be null', 'alter table house.thing add column age int'],
  ['a column with a default', 'alter table house.thing add column age int not null default 0'],
  ['an index that may be there', 'create index if not exists thing_name on house.thing (name)'],
  ['a rule for new rows', 'alter table house.thing add constraint c check (id > 0) not valid'],
  [
    'a table of its own',
    'create table house.n (id int); create index i on house.n (id); alter table house.n drop column id',
  ],
])('%s is taken', async (_, sql) => {
  expect(await problems(sql)).toEqual([]);
});

test('the contract of an earlier expand is named, and has to be there', async () => {
  const drop = 'alter table house.thing drop column name;';
  expect(await problems(`-- contract of 0000_things: nothing reads it since\n${drop}`)).toEqual([]);
  expect(await problems(`-- contract of 0007_other: nothing reads it since\n${drop}`)).toEqual([
    expect.stringMatching(/no earlier migration/),
  ]);
  expect(await problems(`-- contract of 0000_things:\n${drop}`)).toHaveLength(1);
});

test('a reason allows a lock, and no contract', async () => {
  const index = 'create index thing_name on house.thing (name);';
  expect(await problems(`-- locks: a dozen rows\n${index}`)).toEqual([]);
  expect(await problems('-- locks: a dozen rows\ndrop table house.thing')).toHaveLength(1);
});

test('what came before the baseline is left alone', async () => {
  const old = { tag: '0001_old', sql: 'drop table house.thing' };
  expect(await problemsOf([before, old], old.tag)).toEqual([]);
  expect(await problemsOf([before, old], undefined)).toHaveLength(1);
});
