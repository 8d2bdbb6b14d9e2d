import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { stringify } from 'csv-stringify/sync';
import { createPipeline, parseSessionDate, type SessionDate } from '../../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const SCREENER = fileURLToPath(new URL('../../../../shared/data/us-screener', import.meta.url));
const SESSIONS = ['2026-05-18', '2026-05-19', '2026-05-20', '2026-05-21', '2026-05-22'].map(parseSessionDate);

type Row = Readonly<Record<string, string | null>>;

/** Among them a rename (BK to BNY on 2026-05-21 in the files), first days and splits. */
describe('real sessions written as CSV', function () {
  this.timeout(600_000);
  const tests: TestDatabase[] = [];
  let folder: string | undefined;

  before(function () {
    if (existsSync(SCREENER)) return;
    console.log('    skipped: no real market data at ../shared/data/us-screener');
    this.skip();
  });

  after(async () => {
    for (const test of tests) await test.drop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function publish(source: string, dir: string) {
    const test = await createTestDatabase();
    tests.push(test);
    const pipeline = await createPipeline({
      database: test.database.pool,
      config: { options: { import: { source, dir } } },
    });
    const [from, to] = [SESSIONS[0], SESSIONS.at(-1)] as [SessionDate, SessionDate];
    const { error, sessions } = await pipeline.backfill({ from, to });
    const { membershipHash } = await pipeline.status();
    await pipeline.close();
    return { error, membershipHash, sessions, test };
  }

  it('are published as the same memberships, bars, quotes and facts as from the files of the screener', async () => {
    folder = mkdtempSync(join(tmpdir(), 'tickstock-csv-real-'));
    writeFileSync(join(folder, 'all.csv.gz'), gzipSync(stringify(SESSIONS.flatMap(toRows), { header: true })));

    const [screener, csv] = [await publish('screener', SCREENER), await publish('csv', folder)];

    for (const { error, sessions } of [screener, csv]) {
      expect(error, error?.message).to.equal(undefined);
      expect(sessions).to.have.lengthOf(SESSIONS.length);
    }
    expect(csv.membershipHash).to.equal(screener.membershipHash);
    for (const table of ['public.ohlcv_daily', 'pipeline.source_quote', 'public.symbols']) {
      const [one, other] = await Promise.all([screener, csv].map(({ test }) => hashOf(test, table)));
      expect(other, table).to.deep.equal(one);
    }
  });
});

/** A session's rows of the three exchanges, with the columns that a CSV file has. */
function toRows(session: SessionDate): Record<string, string>[] {
  return readdirSync(join(SCREENER, session)).flatMap((file) => {
    const rows = JSON.parse(gunzipSync(readFileSync(join(SCREENER, session, file))).toString()) as Row[];
    return rows.map((row) => ({
      date: session,
      symbol: row['symbol'] ?? '',
      close: (row['lastsale'] ?? '').replace('$', ''),
      change: row['netchange'] ?? '',
      volume: row['volume'] ?? '',
      market_cap: row['marketCap'] ?? '',
      name: row['name'] ?? '',
      exchange: file.replace(/\..*/, ''),
      country: row['country'] ?? '',
      sector: row['sector'] ?? '',
      industry: row['industry'] ?? '',
      ipo_year: row['ipoyear'] ?? '',
    }));
  });
}

/** Number and hash of a table's rows, without what differs from one run to another. */
async function hashOf({ database }: TestDatabase, table: string): Promise<unknown> {
  const { rows } = await database.pool.query(
    `select count(*)::int as rows, md5(string_agg(line, '|' order by line)) as hash
     from (select (to_jsonb(t) - '{id,created_at,last_updated,last_updated_utc}'::text[])::text as line from ${table} t) lines`,
  );
  return rows[0];
}
