import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { expect } from 'chai';
import { RSI, SMA, WSMA } from 'trading-signals';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { configOf } from '../../support/market.js';
import { runPhase } from '../../support/phase-context.js';
import { calendar } from './bars.js';
import { FourIndicators } from './four-indicators.js';

const BARS = fileURLToPath(new URL('../../../../shared/data/us-bars-2025-07_2026-06.csv.gz', import.meta.url));
const config = configOf();
const SESSION = '2026-06-30' as SessionDate;
/** Large, split in the year, with days missing; besides these every fiftieth symbol of the file is taken. */
const ALWAYS = new Set(['AAPL', 'NVDA', 'BRK/A', 'NFLX', 'BKNG', 'KLAC', 'RANGU', 'JPM^K', 'LCID']);

describe('indicators of a year of real closes', function () {
  let test: TestDatabase;
  const closes = new Map<string, number[]>();

  before(async function () {
    if (!existsSync(BARS)) {
      console.log('    skipped: no real bars at ../shared/data/us-bars-2025-07_2026-06.csv.gz');
      this.skip();
    }
    test = await createTestDatabase();
    const seen = new Map([['symbol', false]]);
    const rows: { symbol: string; date: string; close: string }[] = [];
    const days = new Map<string, number>();
    const newest = new Map<string, number>();
    for await (const line of createInterface({ input: createReadStream(BARS).pipe(createGunzip()) })) {
      const [date = '', symbol = '', close = ''] = line.split(',', 3);
      if (date !== 'date') days.set(date, days.get(date) ?? days.size);
      if (!seen.has(symbol)) seen.set(symbol, ALWAYS.has(symbol) || seen.size % 50 === 1);
      if (seen.get(symbol) !== true) continue;
      rows.push({ symbol, date, close });
      const day = days.get(date) ?? 0;
      // After so long, the ticker is that of another security.
      const own =
        day - (newest.get(symbol) ?? day) > config.universes.reuseAfterSessions ? [] : (closes.get(symbol) ?? []);
      newest.set(symbol, day);
      closes.set(symbol, [...own, Number(close)]);
    }
    await test.database.pool.query(
      `insert into ohlcv_daily (symbol, date, close, volume)
       select symbol, date, close, 1 from jsonb_to_recordset($1) as bar (symbol text, date date, close numeric)`,
      [JSON.stringify(rows)],
    );
    await test.database.pool.query(
      `insert into symbols (symbol, type, active) select distinct symbol, 'CS', true from ohlcv_daily`,
    );
  });

  after(() => test?.drop());

  it('are those of trading-signals, for every symbol and to every decimal stored', async () => {
    const expected = new Map([...closes].flatMap(([symbol, prices]) => toReference(symbol, prices)));

    await runPhase(new FourIndicators(test.database, config, calendar), test.database, { session: SESSION });

    const { rows } = await test.database.pool.query<{ line: string; value: number }>(
      `select symbol || ' ' || indicator_type as line, (value_data->>'value')::float8 as value from daily_indicators`,
    );
    const found = new Map(rows.map((row) => [row.line, row.value]));
    expect(expected.size).to.be.greaterThan(400);
    expect([...found.keys()]).to.have.members([...expected.keys()]);
    for (const [line, value] of expected) expect(found.get(line), line).to.be.closeTo(value, 0.000001);
  });
});

function toReference(symbol: string, prices: readonly number[]): [string, number][] {
  const references = { sma_20: new SMA(20), sma_50: new SMA(50), sma_200: new SMA(200), rsi_14: new RSI(14, WSMA) };
  return Object.entries(references).flatMap(([type, reference]): [string, number][] => {
    reference.updates([...prices], false);
    return reference.isStable ? [[`${symbol} ${type}`, reference.getResultOrThrow()]] : [];
  });
}
