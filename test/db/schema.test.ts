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
});
