import { expect } from 'chai';
import { DatabaseClock, readDatabaseClock } from '../../src/db/database-clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const HOUR_MS = 3_600_000;

describe('the clock of the database', () => {
  let test: TestDatabase;
  const realNow = Date.now;

  before(async () => {
    test = await createTestDatabase();
  });

  afterEach(() => {
    Date.now = realNow;
  });

  after(() => test.drop());

  async function open() {
    const warnings: string[] = [];
    const clock = await DatabaseClock.open(test.database, {
      ...silentLogger,
      warn: (_, message) => void warnings.push(message),
    });
    return { clock, warnings };
  }

  const distance = async (clock: DatabaseClock): Promise<number> =>
    Math.abs(clock.now() - (await readDatabaseClock(test.database)));

  it('is followed by a process whose own clock is an hour off, with a warning', async () => {
    Date.now = () => realNow() - HOUR_MS;
    const { clock, warnings } = await open();

    expect(await distance(clock)).to.be.below(1000);
    expect(warnings).to.deep.equal([
      'the clock of the database is 3600 s ahead of that of this process; the time of the database is used',
    ]);
  });

  it('is not left when the clock of the process is set in between', async () => {
    const { clock, warnings } = await open();
    Date.now = () => realNow() + HOUR_MS;

    expect(await distance(clock)).to.be.below(1000);
    await clock.synchronise();
    expect(await distance(clock)).to.be.below(1000);
    expect(warnings).to.deep.equal([]);
  });

  it('does not step back from one measurement to the next', async () => {
    const { clock } = await open();
    let last = clock.now();
    for (let turn = 0; turn < 50; turn++) {
      await clock.synchronise();
      const now = clock.now();
      expect(now).to.be.at.least(last);
      last = now;
    }
  });

  it('is that of the process while the database does not answer', async () => {
    const other = await createTestDatabase();
    await other.drop();
    const clock = await DatabaseClock.open(other.database, silentLogger);

    expect(Math.abs(clock.now() - realNow())).to.be.below(1000);
  });
});
