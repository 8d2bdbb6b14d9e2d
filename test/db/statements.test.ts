import { expect } from 'chai';
import { Statement } from '../../src/db/statement.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { describeStatement } from '../support/describe-statement.js';
import { listSourceFiles } from '../support/imports.js';
import { listForms } from './statement-forms.js';

interface FoundStatement {
  readonly name: string;
  readonly statement: Statement;
}

const FILES = listSourceFiles('src', 'phases').filter((file) => file.endsWith('.sql.ts'));
const STATEMENTS = (await Promise.all(FILES.map(readStatements))).flat();

describe('the SQL statements', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('are found in their files, of each at least one', () => {
    const names = new Set(STATEMENTS.map(({ name }) => name.split(' ')[0]));

    expect(FILES.filter((file) => !names.has(file))).to.deep.equal([]);
  });

  for (const { name, statement } of STATEMENTS) {
    it(`take the parameters and give the rows that are declared: ${name}`, async () => {
      const described = await test.database.transaction(async ({ client }) => {
        for (const stage of STATEMENTS.filter(isStage)) await client.query(stage.statement.text);
        return describeStatement(client, statement.text);
      });

      const { parameters, row } = statement;
      expect(described.parameters.join(', ')).to.equal(listTypes(parameters).join(', '));
      expect(described.columns.join(', ')).to.equal(
        listTypes(row)
          .map((type, index) => `${Object.keys(row)[index]}: ${type}`)
          .join(', '),
      );
    });
  }

  it('are described as the server sees them: a wrong type and a wrong name show', async () => {
    const described = await test.database.transaction(({ client }) =>
      describeStatement(client, 'select $1::date as day, 1 as count'),
    );

    expect(described).to.deep.equal({ parameters: ['date'], columns: ['day: date', 'count: integer'] });
  });
});

function listTypes(columns: Statement['row']): string[] {
  return Object.values(columns).map(({ type }) => type);
}

/** Other statements read the tables that these make. */
function isStage({ statement }: FoundStatement): boolean {
  return statement.text.trimStart().startsWith('create temp table');
}

/** Exported statements, and the forms of exported functions that make one. */
async function readStatements(file: string): Promise<FoundStatement[]> {
  const module = (await import(`../../${file}`)) as Record<string, unknown>;
  return Object.entries(module).flatMap(([name, exported]) => {
    if (exported instanceof Statement) return [{ name: `${file} ${name}`, statement: exported }];
    if (typeof exported !== 'function') return [];
    return listForms(exported).map(([form, statement]) => ({ name: `${file} ${name}, ${form}`, statement }));
  });
}
