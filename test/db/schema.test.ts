import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/describe-schema.js';

const FIXTURE = new URL('../fixtures/schema.txt', import.meta.url);

describe('the schema that the migrations make', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('is the committed one, on every supported PostgreSQL version', async () => {
    const schema = await describeSchema(test.database);
    if (process.env['UPDATE_FIXTURES'] === '1') await writeFile(FIXTURE, schema);

    const committed = await readFile(FIXTURE, 'utf8');

    expect(
      schema.split('\n'),
      'after a new migration: UPDATE_FIXTURES=1 npx mocha test/db/schema.test.ts',
    ).to.deep.equal(committed.split('\n'));
  });

  it('explains every table, column and function of pipeline', async () => {
    const { rows } = await test.database.pool.query<{ object: string }>(
      `select c.relname || coalesce('.' || a.attname, '') as object
       from pg_class c
       cross join lateral (
         select null as attname, 0 as attnum
         union all
         select attname, attnum from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
       ) a
       where c.relnamespace = 'pipeline'::regnamespace and c.relkind in ('r', 'v')
         and (case a.attnum when 0 then obj_description(c.oid, 'pg_class') else col_description(c.oid, a.attnum) end) is null
       union all
       select p.proname from pg_proc p
       where p.pronamespace = 'pipeline'::regnamespace and obj_description(p.oid, 'pg_proc') is null`,
    );

    expect(rows.map(({ object }) => object)).to.deep.equal([]);
  });
});
