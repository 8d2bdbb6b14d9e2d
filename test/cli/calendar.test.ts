import { expect } from 'chai';
import { runCommand } from '../support/cli-inside.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('tickstock calendar', () => {
  let test: TestDatabase;
  /** A Wednesday in the coming months, which is a full session. */
  let day: string;

  before(async () => {
    test = await createTestDatabase();
    const { stdout } = await run(['--json']);
    const { days } = JSON.parse(stdout) as { days: { date: string }[] };
    const special = new Set(days.map(({ date }) => date));
    let ms = Date.now() + 30 * 86_400_000;
    while (new Date(ms).getUTCDay() !== 3 || special.has(new Date(ms).toISOString().slice(0, 10))) ms += 86_400_000;
    day = new Date(ms).toISOString().slice(0, 10);
  });

  after(() => test.drop());

  const run = (args: readonly string[]) => runCommand(['calendar', ...args], { DATABASE_URL: test.url });

  it('lists the closures and early closes of a year', async () => {
    const { exitCode, stdout } = await run([]);

    expect(exitCode).to.equal(0);
    expect(stdout)
      .to.match(/closed +Thanksgiving Day/)
      .and.match(/closed +Christmas Day/)
      .and.include('closes at 13:00');
  });

  it('announces a closure for a reason, and takes it back', async () => {
    const closed = await run(['close', day, '--reason', 'day of mourning']);
    const reset = await run(['reset', day, '--json']);

    expect(closed.exitCode, closed.stderr).to.equal(0);
    expect(closed.stdout)
      .to.include(`${day}  closed`)
      .and.match(/day of mourning +\d{4}-.* by /);
    expect(JSON.parse(reset.stdout)).to.have.property('announced').that.deep.equals([]);
  });

  it('refuses one without a reason, and a date that is none', async () => {
    const silent = await run(['early-close', day]);
    const wrong = await run(['reset', 'tomorrow']);

    expect([silent.exitCode, wrong.exitCode]).to.deep.equal([2, 4]);
    expect(silent.stderr).to.include('--reason is missing');
  });
});
