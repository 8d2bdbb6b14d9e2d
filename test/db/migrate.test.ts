import { expect } from 'chai';
import { migrate, readMigrationStatus } from '../../src/db/migrate.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

const ALL = ['0001-shared-tables', '0002-pipeline', '0003-events', '0004-trust', '0005-explain', '0006-one-evening', '0007-selections'];

describe('migrations', () => {
  let empty: TestDatabase;

  beforeEach(async () => {
    empty = await createEmptyDatabase();
  });

  afterEach(async () => {
    await empty.drop();
  });

  it('create the shared tables and the pipeline schema in an empty database, once', async () => {
    const first = await migrate(empty.database);
    const second = await migrate(empty.database);

    expect(first).to.deep.equal(ALL);
    expect(second).to.deep.equal([]);
  });

  it('run by two processes at once apply each migration once', async () => {
    const applied = await Promise.all([migrate(empty.database), migrate(empty.database)]);

    expect(applied.flat().toSorted()).to.deep.equal(ALL);
  });

  it('refuse a database that a newer build has migrated', async () => {
    await migrate(empty.database);
    await empty.database.pool.query(
      `insert into pipeline.migration (name, timestamp) values ('0099-from-the-future', '2030-01-01')`,
    );

    const refusal = await readMigrationStatus(empty.database).catch((error: unknown) => error);

    expect(refusal).to.include({ code: 'EOD_DB_NEWER' });
    expect(refusal).to.have.property('message').that.includes('0099-from-the-future');
  });
});
