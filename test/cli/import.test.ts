import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TradingCalendar } from '../../src/core/calendar.js';
import { parseSessionDate } from '../../src/core/session.js';
import { runCommand } from '../support/cli-inside.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const SESSIONS = new TradingCalendar().between(parseSessionDate('2026-05-29'), parseSessionDate('2026-06-30'));
const [FIRST, SECOND, LAST] = [SESSIONS[0] ?? '', SESSIONS[1] ?? '', SESSIONS.at(-1) ?? ''];
const ABSENT = SESSIONS[7];

describe('tickstock import', () => {
  let test: TestDatabase;
  let folder: string;

  before(async () => {
    test = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'tickstock-import-'));
    const rows = SESSIONS.filter((session) => session !== ABSENT).flatMap((session, day) => [
      ...Array.from({ length: 30 }, (_, stock) => `${session},S${stock + 1},CS,${100 + day},${1e9 * (stock + 1)},1000`),
      ...(session === SECOND ? [`${session},BAD,CS,0,1,1`] : []),
    ]);
    writeFileSync(join(folder, 'bars.csv'), ['date,symbol,type,close,market_cap,volume', ...rows].join('\n'));
  });

  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await test.drop();
  });

  const cli = (...args: string[]) =>
    runCommand([...args, '--source', 'csv', '--dir', join(folder, 'bars.csv')], { DATABASE_URL: test.url });
  const load = (...args: string[]) => cli('import', '--from', FIRST, '--to', LAST, ...args);

  it('imports up to the first session without data, names the way on, and resumes', async () => {
    const ended = await load();
    const resumed = await load('--skip-missing');

    expect(ended.exitCode).to.equal(12);
    expect(ended.stdout)
      .to.include(`! ${SECOND}  1 row refused: tickstock rejected --session ${SECOND}`)
      .and.include(`Import failed: 7 sessions, 210 bars`)
      .and.include('--skip-missing continues after sessions without data.');
    expect(resumed.exitCode, resumed.stderr).to.equal(0);
    expect(resumed.stdout)
      .to.include(`Import completed: ${SESSIONS.length - 8} sessions`)
      .and.include('7 imported before, 1 without data')
      .and.include(`Nothing was published. Next: tickstock run --session ${LAST}`);
  });

  it('says as JSON what became of each session', async () => {
    const { stdout } = await load('--skip-missing', '--json');

    const { status, sessions } = JSON.parse(stdout) as { status: string; sessions: Record<string, unknown>[] };
    expect(status).to.equal('completed');
    expect(sessions.map((each) => each['status'])).to.deep.equal(
      SESSIONS.map((session) => (session === ABSENT ? 'missing' : 'skipped')),
    );
  });

  it('leaves the refused rows, listed by reason, as a table, as JSON and as CSV', async () => {
    const rejected = (...args: string[]) => runCommand(['rejected', ...args], { DATABASE_URL: test.url });

    const { stdout } = await rejected();
    const json = JSON.parse((await rejected('--session', SECOND, '--json')).stdout) as Record<string, unknown>;
    const csv = await rejected('--reason', 'PRICE_INVALID', '--csv');
    const none = await rejected('--session', FIRST);

    expect(stdout).to.include(`${SECOND}: 1 row refused`).and.include('1 PRICE_INVALID');
    expect(stdout).to.match(/bars\.csv +62 +BAD +close is "0"; allowed is a price above zero/);
    expect(json).to.deep.include({ session: SECOND, by_reason: [{ reason: 'PRICE_INVALID', rows: 1 }] });
    expect(json['rows']).to.have.lengthOf(1);
    expect(csv.stdout).to.match(
      /^source,origin,row_number,symbol,reason,detail,raw\ncsv,bars\.csv,62,BAD,PRICE_INVALID,/,
    );
    expect(none.stdout).to.equal(`No row of ${FIRST} was refused.\n`);
  });

  it('leaves the history from which the session that is published next is computed', async () => {
    const published = 'select count(*)::int as rows from cache_entries';
    const before = (await test.database.pool.query<{ rows: number }>(published)).rows[0]?.rows;
    // One file needs no name of a source.
    const run = await runCommand(['run', '--dir', join(folder, 'bars.csv'), '--session', LAST], {
      DATABASE_URL: test.url,
    });

    expect(before).to.equal(0);
    expect(run.exitCode, run.stderr).to.equal(0);
    const { rows } = await test.database.pool.query(
      `select value_data ->> 'sma_20' as sma from daily_indicators where symbol = 'S1' and indicator_type = 'sma_20'`,
    );
    // Of the last twenty closes, which rise by one a session from 100.
    const days = SESSIONS.length - 1;
    expect(Number((rows[0] as { sma: string }).sma)).to.equal(100 + days - 1 - 9.5);
  });
});
