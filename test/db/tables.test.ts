import { sql } from 'kysely';
import { expect } from 'chai';
import { TABLES } from '../../src/db/tables.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Kysely's own: nothing else reads it. */
const MIGRATOR_LOCK = 'pipeline.migration_lock';

describe('the declared tables', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('are those of the schema pipeline, with every column, its type, null and default', async () => {
    const found = await readColumns(test, 'pipeline');

    expect(declaredColumns((name) => name.startsWith('pipeline.'))).to.have.members(
      found.filter(({ table }) => table !== MIGRATOR_LOCK).map(describeColumn),
    );
  });

  it("describe columns of the host's tables as migrations create them", async () => {
    const found = await readColumns(test, 'public');

    expect(found.map(describeColumn)).to.include.members(declaredColumns((name) => name.startsWith('public.')));
  });
});

interface FoundColumn {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
}

function declaredColumns(isWanted: (table: string) => boolean): string[] {
  return Object.entries(TABLES)
    .filter(([table]) => isWanted(table))
    .flatMap(([table, columns]) =>
      Object.entries(columns).map(([column, { type, isNullable, hasDefault }]) =>
        describeColumn({ table, column, type, isNullable, hasDefault }),
      ),
    );
}

function describeColumn({ table, column, type, isNullable, hasDefault }: FoundColumn): string {
  return `${table}.${column}: ${type}${isNullable ? ' or null' : ''}${hasDefault ? ', with a default' : ''}`;
}

async function readColumns({ database }: TestDatabase, schema: string): Promise<FoundColumn[]> {
  const { rows } = await sql<FoundColumn>`
    select ${schema} || '.' || c.relname as table, a.attname as column,
           a.atttypid::regtype::text as type, not a.attnotnull as "isNullable",
           a.atthasdef or a.attidentity <> '' as "hasDefault"
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = to_regnamespace(${schema}) and c.relkind = 'r'`.execute(database.db);
  return rows;
}
