import { expect } from 'chai';
import { ImportPhase } from '../../../phases/import/phase.js';
import { createSicSectors } from '../../../phases/import/massive/sic-sectors.js';
import { loadConfig } from '../../../src/config/load.js';
import type { Config } from '../../../src/config/schema/index.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MASSIVE_KEY, MassiveServer, sendJson, toBarRow, toTickerRow } from '../../support/massive-server.js';
import { runPhase } from '../../support/phase-context.js';

const FRIDAY = parseSessionDate('2026-06-26');
const MONDAY = parseSessionDate('2026-06-29');
const TUESDAY = parseSessionDate('2026-06-30');

const APPLE = toTickerRow('AAPL', {
  name: 'Apple Inc.',
  cik: '0000320193',
  composite_figi: 'BBG000B9XRY4',
  share_class_figi: 'BBG001S5N8V8',
});
const APPLE_DETAILS = {
  ...APPLE,
  market_cap: 4_300_000_000_000,
  weighted_shares_outstanding: 14_681_140_000,
  share_class_shares_outstanding: 14_681_140_000,
  sic_code: '3571',
  sic_description: 'ELECTRONIC COMPUTERS',
  list_date: '1980-12-12',
  address: { address1: 'One Apple Park Way', city: 'Cupertino', state: 'CA' },
};

describe('the source massive', () => {
  const calendar = new TradingCalendar();
  let server: MassiveServer;
  let config: Config;
  let test: TestDatabase;

  before(async () => {
    server = new MassiveServer({ bars: {}, tickers: [] });
    const massive = { apiKey: MASSIVE_KEY, url: await server.start() };
    config = loadConfig({ options: { import: { source: 'massive', massive } } }).config;
  });

  after(() => server.stop());

  beforeEach(async () => {
    test = await createTestDatabase();
    server.requests.length = 0;
    server.data = {
      bars: {
        [FRIDAY]: [toBarRow('AAPL', 280, 900), toBarRow('KLAC', 2100, 800), toBarRow('BACpK', 24, 50)],
        [MONDAY]: [toBarRow('AAPL', 281.74, 1000), toBarRow('KLAC', 2110, 800), toBarRow('BACpK', 24.1, 50.5)],
        [TUESDAY]: [toBarRow('AAPL', 289.36, 1100), toBarRow('KLAC', 212, 8200), toBarRow('NEWCO', 31, 4000)],
      },
      tickers: [
        APPLE,
        toTickerRow('BACpK', {
          name: 'Bank of America Depositary Shares Series K',
          type: 'PFD',
          primary_exchange: 'XNYS',
        }),
        toTickerRow('KLAC', { name: 'KLA Corporation' }),
        toTickerRow('NEWCO', { name: 'New Company Inc' }),
        toTickerRow('SPY', { name: 'SPDR S&P 500 ETF Trust', type: 'ETF', primary_exchange: 'ARCX' }),
      ],
      details: {
        AAPL: APPLE_DETAILS,
        KLAC: { ticker: 'KLAC', share_class_shares_outstanding: 131_000_000, sic_code: 3827, list_date: '1980-10-08' },
        NEWCO: { ticker: 'NEWCO', market_cap: 900_000_000, list_date: TUESDAY },
      },
      splits: [
        {
          id: 'x',
          ticker: 'KLAC',
          execution_date: TUESDAY,
          split_from: 1,
          split_to: 10,
          adjustment_type: 'forward_split',
        },
      ],
      dividends: [
        { id: 'y', ticker: 'AAPL', ex_dividend_date: TUESDAY, cash_amount: 0.27, currency: 'USD' },
        { id: 'z', ticker: 'BACpK', ex_dividend_date: TUESDAY, cash_amount: 1, currency: 'CAD' },
      ],
      delisted: [
        toTickerRow('TOOLATE', { active: false, delisted_utc: '2026-07-01T00:00:00Z' }),
        toTickerRow('GONE', { active: false, delisted_utc: '2026-06-22T00:00:00Z' }),
        toTickerRow('AAPL', { active: false, delisted_utc: '2026-06-19T00:00:00Z' }),
        toTickerRow('LONGAGO', { active: false, delisted_utc: '2020-06-19T00:00:00Z' }),
      ],
    };
  });

  afterEach(() => test.drop());

  const run = (session = MONDAY, massive: object = {}) => {
    const changed = { ...config, import: { ...config.import, massive: { ...config.import.massive, ...massive } } };
    return runPhase(new ImportPhase(test.database, changed, calendar), test.database, { session });
  };
  const query = async (sql: string) => (await test.database.pool.query<Record<string, unknown>>(sql)).rows;
  const detailsOf = () => server.requests.flatMap((path) => /^\/v3\/reference\/tickers\/(\w+)/.exec(path)?.[1] ?? []);

  it('imports bars as traded, and what it states of a symbol and its company', async () => {
    const report = await run();

    expect(report.counters).to.include({ bars: 3, rejected: 0 });
    expect(
      await query(
        `select name, exchange, type, active, market_cap, weighted_shares_outstanding::text as shares, sector, industry, country,
           list_date::text, cik, composite_figi, share_class_figi, sic_code from symbols where symbol = 'AAPL'`,
      ),
    ).to.deep.equal([
      {
        name: 'Apple Inc.',
        exchange: 'XNAS',
        type: 'CS',
        active: true,
        market_cap: null,
        shares: '14681140000',
        sector: 'Technology',
        industry: 'Electronic Computers',
        country: 'United States',
        list_date: '1980-12-12',
        cik: '0000320193',
        composite_figi: 'BBG000B9XRY4',
        share_class_figi: 'BBG001S5N8V8',
        sic_code: '3571',
      },
    ]);
    expect(await query(`select close::float, volume::int from ohlcv_daily where symbol = 'BAC^K'`)).to.deep.equal([
      { close: 24.1, volume: 51 },
    ]);
    expect(server.requests.filter((path) => path.includes('/grouped/'))).to.satisfy((paths: string[]) =>
      paths.every((path) => path.includes('adjusted=false')),
    );
  });

  it('takes splits and dividends into the previous close, so that the split is found', async () => {
    await run();
    await run(TUESDAY);

    expect(
      await query(
        `select symbol, previous_close::float, is_first_day from pipeline.source_quote where session = '${TUESDAY}' and symbol <> 'GONE' order by symbol`,
      ),
    ).to.deep.equal([
      { symbol: 'AAPL', previous_close: 281.47, is_first_day: false },
      { symbol: 'BAC^K', previous_close: null, is_first_day: false },
      { symbol: 'KLAC', previous_close: 211, is_first_day: false },
      { symbol: 'NEWCO', previous_close: null, is_first_day: true },
      { symbol: 'SPY', previous_close: null, is_first_day: false },
    ]);
    expect(
      await query(
        `select symbol, kind, new_shares::int, old_shares::int from pipeline.corporate_action where kind = 'split'`,
      ),
    ).to.deep.equal([{ symbol: 'KLAC', kind: 'split', new_shares: 10, old_shares: 1 }]);
  });

  it('marks the first day again when the session is imported again', async () => {
    await run(TUESDAY);
    const report = await run(TUESDAY);

    expect(report.changed).to.equal(false);
    expect(await query(`select symbol from pipeline.source_quote where is_first_day`)).to.deep.equal([
      { symbol: 'NEWCO' },
    ]);
  });

  it('imports recent delistings, but not of a ticker that another security has', async () => {
    await run();

    expect(
      await query(`select symbol, delisted_date::text from symbols where not active order by symbol`),
    ).to.deep.equal([{ symbol: 'GONE', delisted_date: '2026-06-22' }]);
  });

  it('asks for details of stocks that are new, that split or whose turn it is, and keeps those of the others', async () => {
    await run(MONDAY, { detailsEverySessions: 250 });
    expect(detailsOf()).to.have.members(['AAPL', 'KLAC', 'NEWCO']);

    server.requests.length = 0;
    await run(TUESDAY, { detailsEverySessions: 250 });

    // NEWCO has no shares, and its listing date was not known on Monday: it is asked until it has either.
    expect(detailsOf()).to.have.members(['KLAC', 'NEWCO']);
    expect(
      await query(`select weighted_shares_outstanding::text as shares, sector from symbols where symbol = 'AAPL'`),
    ).to.deep.equal([{ shares: '14681140000', sector: 'Technology' }]);
  });

  it('asks for the details of every stock once in so many sessions', async () => {
    const sessions = calendar.between(MONDAY, parseSessionDate('2026-07-10')).slice(0, 4);
    server.data = {
      ...server.data,
      bars: Object.fromEntries(sessions.map((day) => [day, [toBarRow('AAPL', 280, 1)]])),
    };
    for (const session of sessions) await run(session, { detailsEverySessions: 3 });

    expect(server.count(/tickers\/AAPL/)).to.be.within(2, 3);
  });

  it('asks for no details where a plan has no calls for them', async () => {
    await run(MONDAY, { detailsEverySessions: 0 });

    expect(detailsOf()).to.deep.equal([]);
  });

  it('asks for the bars of the session before only where it has not just read them', async () => {
    const phase = new ImportPhase(test.database, config, calendar);
    await runPhase(phase, test.database, { session: MONDAY });
    await runPhase(phase, test.database, { session: TUESDAY });

    expect(server.requests.flatMap((path) => /grouped.*stocks\/([\d-]+)/.exec(path)?.[1] ?? [])).to.deep.equal([
      FRIDAY,
      MONDAY,
      TUESDAY,
    ]);
    await phase.close();
  });

  it('refuses rows that are not valid, each with its reason, and imports the others', async () => {
    const { bars, tickers } = server.data;
    const lenient = { ...config, import: { ...config.import, maxRejectedPct: 60 } };
    server.data = {
      ...server.data,
      bars: { ...bars, [MONDAY]: [...(bars[MONDAY] ?? []), { ...toBarRow('SPY', 600, 10), h: 1 }] },
      tickers: [...tickers, toTickerRow('no such ticker'), { ticker: 7 }],
    };

    const report = await runPhase(new ImportPhase(test.database, lenient, calendar), test.database, {
      session: MONDAY,
    });

    expect(report.counters).to.include({ bars: 3, rejected: 3 });
    expect(await query('select origin, symbol, reason from pipeline.rejected_row order by row_number')).to.deep.equal([
      { origin: 'tickers', symbol: 'SPY', reason: 'PRICE_INVALID' },
      { origin: 'tickers', symbol: 'no such ticker', reason: 'SYMBOL_INVALID' },
      { origin: 'tickers', symbol: null, reason: 'SYMBOL_INVALID' },
    ]);
  });

  it('imports nothing when a call fails for good, and stops calling', async () => {
    server.failOnce(/tickers\/KLAC$/, (response) => sendJson(response, 400, { status: 'ERROR', error: 'bad date' }));

    const refusal = await run().catch((error: unknown) => error);

    expect(refusal).to.have.property('message').that.contains('(400): bad date');
    expect(await query('select symbol from symbols union all select symbol from ohlcv_daily')).to.deep.equal([]);
  });

  it('waits for a session that has no bars yet', async () => {
    const refusal = await run(parseSessionDate('2026-07-01')).catch((error: unknown) => error);

    expect(refusal).to.include({ code: 'EOD_SOURCE_MISSING', message: 'Massive has no bars of 2026-07-01' });
  });
});

describe('sectors of SIC codes', () => {
  const { config } = loadConfig({});
  const sectorOf = createSicSectors(config.sic);

  for (const [code, sector] of Object.entries({
    '3571': 'Technology',
    '2834': 'Health Care',
    '2860': 'Basic Materials',
    '1311': 'Energy',
    '6798': 'Real Estate',
    '6022': 'Finance',
    '0100': 'Consumer Staples',
    '9999': null,
  })) {
    it(`${code} is ${sector ?? 'in none'}`, () => {
      expect(sectorOf(code)).to.equal(sector);
    });
  }

  it('are sectors that groups know', () => {
    const known = new Set(config.sectors.flatMap(({ sectors }) => sectors));

    expect(config.sic.filter(({ sector }) => !known.has(sector))).to.deep.equal([]);
  });
});
