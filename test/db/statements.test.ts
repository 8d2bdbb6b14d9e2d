import { expect } from 'chai';
import type { PoolClient } from 'pg';
import { Statement } from '../../src/db/statement.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { describeStatement, type StatementDescription } from '../support/describe-statement.js';
import { listSourceFiles } from '../support/imports.js';
import { STATEMENT_FORMS, type StatementForm } from './statement-forms.js';

const FILES = listSourceFiles('src', 'phases').filter((file) => file.endsWith('.sql.ts'));
const FORMS = (await Promise.all(FILES.map(readForms))).flat();
const STAGES = FORMS.filter(({ statement }) => statement.text.trimStart().startsWith('create temp table'));

describe('the SQL statements', () => {
  let test: TestDatabase;
  let client: PoolClient;

  before(async () => {
    test = await createTestDatabase();
    client = await test.database.connectClient();
  });

  beforeEach(async () => {
    await client.query('begin');
  });

  afterEach(async () => {
    await client.query('rollback');
  });

  after(async () => {
    client.release();
    await test.drop();
  });

  it('are at least one in each file', () => {
    const found = new Set(FORMS.map(({ name }) => name.split(' ')[0]));

    expect(FILES.filter((file) => !found.has(file))).to.deep.equal([]);
  });

  for (const { name, statement, setup = '' } of FORMS) {
    it(`take the parameters and give the rows that are declared: ${name}`, async () => {
      await client.query([setup, ...STAGES.map((stage) => stage.statement.text)].join(';\n'));

      const described = await describeStatement(client, statement.text);

      expect(toText(described)).to.equal(toText(toDescription(statement)));
    });
  }

  for (const { name, statement, setup = '' } of FORMS) {
    it(`name the schema of every table: ${name}`, async () => {
      await client.query([setup, ...STAGES.map((stage) => stage.statement.text)].join(';\n'));
      await client.query(`set local search_path to ''`);

      const described = await describeStatement(client, statement.text);

      expect(described.columns).to.have.length(Object.keys(statement.row).length);
    });
  }

  it('are described as the server sees them, not as they are declared', async () => {
    const described = await describeStatement(client, 'select $1::date as day, 1 as count');

    expect(described).to.deep.equal({ parameters: ['date'], columns: ['day: date', 'count: integer'] });
  });
});

function toDescription({ parameters, row }: Statement): StatementDescription {
  return {
    parameters: Object.values(parameters).map(({ type }) => type),
    columns: Object.entries(row).map(([column, { type }]) => `${column}: ${type}`),
  };
}

function toText({ parameters, columns }: StatementDescription): string {
  return [...parameters.map((type, index) => `$${index + 1}: ${type}`), ...columns].join('\n');
}

/** The statements a file exports; those that depend on a host's tables in every form. */
async function readForms(file: string): Promise<StatementForm[]> {
  const module = (await import(`../../${file}`)) as Record<string, unknown>;
  return Object.entries(module).flatMap(([name, exported]): StatementForm[] => {
    const forms = STATEMENT_FORMS.get(exported);
    if (forms) return forms.map((form) => ({ ...form, name: `${file} ${name}, ${form.name}` }));
    if (exported instanceof Statement) return [{ name: `${file} ${name}`, statement: exported }];
    if (typeof exported === 'function') throw new Error(`${file}: ${name} has no forms in test/db/statement-forms.ts`);
    return [];
  });
}
