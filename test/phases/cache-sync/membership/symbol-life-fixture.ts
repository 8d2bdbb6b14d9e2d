import { expect } from 'chai';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { configOf, sync, type Listing } from '../../../support/market.js';

/** Two months without a holiday but Good Friday, 2026-04-03. */
export const SESSIONS = new TradingCalendar().between('2026-03-02' as SessionDate, '2026-04-30' as SessionDate);

export const [FIRST, SECOND, THIRD, , FIFTH, SIXTH, SEVENTH, EIGHTH] = SESSIONS as [
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
];

export const BIG: Listing = { symbol: 'BIG', cap: 50e9, sector: 'Energy', exchange: 'NYSE' };

export const MID: Listing = { symbol: 'MID', cap: 5e9, sector: 'Energy', exchange: 'NYSE' };

export const GONE: Listing = { symbol: 'GONE', cap: 20e9, sector: 'Energy', exchange: 'NYSE', shares: 2e9 };

export const ALL = [BIG, MID, GONE];

export const OTHERS = [BIG, MID];

export const config = configOf({ universes: { delistAfterSessions: 5, reuseAfterSessions: 5 } });

/** What these tests have in common; registers its hooks. */
export function useLives() {
  let test: TestDatabase;
  const evening = (session: SessionDate, listings: readonly Listing[]) =>
    runEvening(test.database, session, listings, { config });
  const evenings = async (sessions: readonly SessionDate[], listings: readonly Listing[]) => {
    for (const session of sessions) await evening(session, listings);
  };
  const query = async <Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await test.database.pool.query<Row>(text, values)).rows;
  const readSymbol = async (symbol: string) => {
    const [row] = await query('select active, delisted_date::text as delisted from symbols where symbol = $1', [
      symbol,
    ]);
    return row;
  };
  const readEvents = async (): Promise<unknown[]> => {
    const rows = await query<{ text: string }>(
      `select concat_ws(' ', session, symbol, event, reason) as text
       from pipeline.symbol_event where superseded_at is null order by id`,
    );
    return rows.map(({ text }) => text);
  };
  /** A host that writes bars and leaves `symbols` alone. */
  const writeBar = (session: SessionDate, symbol: string) =>
    query('insert into ohlcv_daily (symbol, date, close, volume) values ($1, $2, 10, 100)', [symbol, session]);
  const hostEvening = async (session: SessionDate, listings: readonly Listing[], ...symbols: string[]) => {
    for (const symbol of symbols) await writeBar(session, symbol);
    return evening(session, listings);
  };

  /** A replay of sessions that nothing was corrected of finds the same lives. */
  const assertReplayed = async (session: SessionDate) => {
    const state = async () => [
      await readEvents(),
      await query('select symbol, active, delisted_date::text from symbols order by 1'),
    ];
    const before = await state();
    const report = await sync(test.database, session, { config, replayFrom: FIRST });
    expect(report.counters).to.include({ corrected: 0 });
    expect(await state()).to.deep.equal(before);
  };

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });
  return {
    get test() {
      return test;
    },
    evening,
    evenings,
    query,
    readSymbol,
    readEvents,
    writeBar,
    hostEvening,
    assertReplayed,
  };
}
