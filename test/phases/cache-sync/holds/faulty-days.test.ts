import { expect } from 'chai';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { ImportPhase } from '../../../../phases/import/phase.js';
import { loadConfig } from '../../../../src/config/load.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { parseSessionDate, type SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import * as faults from '../../../support/faulty-days.js';
import { inventMarket, toScreenerRows, type DayEvents, type MarketDay } from '../../../support/invented-market.js';
import { runPhase } from '../../../support/phase-context.js';
import { ScreenerFiles } from '../../../support/screener-files.js';

const session = parseSessionDate;

/** Sessions on which the feed is wrong, and the gates that hold the session. */
const FAULTY: readonly (readonly [day: string, what: string, fault: faults.Fault, gates: readonly string[]])[] = [
  ['2025-11-12', 'stopped before the close', faults.takenBeforeTheClose, ['volume']],
  ['2025-11-17', 'one day late', faults.rowsOf(session('2025-11-14')), ['previous-close', 'unchanged-closes']],
  [
    '2025-11-20',
    'one exchange repeated',
    faults.exchangeOf('nasdaq', session('2025-11-19')),
    ['previous-close', 'unchanged-closes'],
  ],
  ['2025-11-24', 'half files', faults.halfFiles, ['coverage', 'row-count']],
  [
    '2025-11-26',
    'an eighth of AMEX missing, the smallest stocks',
    faults.without(({ exchange, symbol }) => exchange === 'amex' && symbol >= 'A105'),
    ['row-count'],
  ],
  [
    '2025-12-01',
    'the five largest companies missing',
    faults.without(({ symbol }) => /^N00[0-4]$/.test(symbol)),
    ['coverage'],
  ],
  ['2025-12-03', 'stopped before the close again', faults.takenBeforeTheClose, ['volume']],
  ['2025-12-04', 'one day late after it', faults.rowsOf(session('2025-12-03')), ['previous-close']],
  [
    '2025-12-09',
    'market caps of every eighth stock in thousands',
    faults.changed(({ capUsd }, at) => (at % 8 === 0 ? { capUsd: Math.round(capUsd / 1000) } : {})),
    ['scaled-caps', 'suspect-caps'],
  ],
  [
    '2025-12-11',
    'every other sector unknown',
    faults.changed((_, at) => (at % 2 === 0 ? { sector: 'Unknown' } : {})),
    ['changed-sectors', 'unknown-sector'],
  ],
  [
    '2025-12-17',
    'one sector renamed',
    faults.changed(({ sector }) => (sector === 'Technology' ? { sector: 'Information Technology' } : {})),
    ['changed-sectors'],
  ],
  [
    '2026-01-07',
    'market caps of every tenth stock in another currency',
    faults.changed(({ capUsd }, at) => (at % 10 === 0 ? { capUsd: Math.round(capUsd * 1.37) } : {})),
    ['scaled-caps'],
  ],
  ['2025-12-15', 'rows of a month before', faults.rowsOf(session('2025-11-13')), ['previous-close']],
  ['2025-12-31', 'rows of the session that is missing', faults.rowsOf(session('2025-12-30')), ['previous-close']],
];

/** Market caps of every other stock are those of all its share classes together: each is believed, and every list is another. */
const SHAKEN = '2026-01-05';
const ofAllShareClasses = faults.changed(({ capUsd }, at) =>
  at % 2 === 0 ? { capUsd: Math.round((1.1 + ((at * 13) % 380) / 1000) * capUsd) } : {},
);

/** No files: the session is not run. */
const MISSING = ['2025-12-19', '2025-12-30'];

/** Good days that look unlike others. */
const EVENTS: Readonly<Record<string, DayEvents>> = {
  '2025-11-14': { marketReturn: -0.08, volumeRatio: 1.8 },
  '2025-11-19': { gone: ['N200'], moved: ['A020'] },
  '2025-11-28': { volumeRatio: 0.4 },
  '2025-12-02': { listed: ['NEWA', 'NEWB'] },
  '2025-12-08': { splits: { N000: 10, Y010: 0.05 } },
  '2025-12-24': { volumeRatio: 0.45 },
  '2025-12-26': { volumeRatio: 0.7 },
};

describe('a quarter of a market with one fault of each kind', function () {
  const calendar = new TradingCalendar();
  const sessions = calendar.between(session('2025-11-03'), session('2026-01-08'));
  const days = inventMarket(sessions, (day) => EVENTS[day] ?? {});
  const imported = sessions.filter((day) => !MISSING.includes(day));
  let test: TestDatabase;
  let files: ScreenerFiles;
  let holds: readonly { readonly session: string; readonly gate: string; readonly universe: string | null }[];

  const dayOf = (day: SessionDate): MarketDay => days.get(day) ?? [];
  const delivered = (day: SessionDate): MarketDay => {
    const fault = day === SHAKEN ? ofAllShareClasses : FAULTY.find(([faulty]) => faulty === day)?.[2];
    return fault === undefined ? dayOf(day) : fault(dayOf, day);
  };

  before(async () => {
    test = await createTestDatabase();
    files = await ScreenerFiles.create();
    const { config } = loadConfig({ options: { import: { source: 'screener', dir: files.dir } } });
    for (const day of imported) {
      await files.writeSession(day, toScreenerRows(delivered(day)));
      for (const Phase of [ImportPhase, CacheSyncPhase])
        await runPhase(new Phase(test.database, config, calendar), test.database, { session: day });
    }
    const found = await test.database.pool.query<(typeof holds)[number]>(
      `select h.session::text, h.gate, u.key as universe from pipeline.hold h
       left join pipeline.universe u on u.id = h.universe_id order by h.session, h.gate, u.key`,
    );
    holds = found.rows;
  });

  after(async () => {
    await test.drop();
    await files.remove();
  });

  for (const [day, what, , gates] of FAULTY) {
    it(`holds ${day}: ${what}`, async () => {
      expect(holds.filter((hold) => hold.session === day)).to.deep.equal(
        gates.map((gate) => ({ session: day, gate, universe: null })),
      );
      const published = await test.database.pool.query('select from pipeline.membership_change where session = $1', [
        day,
      ]);
      expect(published.rowCount).to.equal(0);
    });
  }

  it(`holds lists of ${SHAKEN} by their turnover, and not the session: market caps of all share classes`, () => {
    const held = holds.filter((hold) => hold.session === SHAKEN);

    expect([...new Set(held.map(({ gate }) => gate))]).to.deep.equal(['turnover']);
    // Places are 1.8 % apart: a stock moves up by as many as 21 of them.
    expect(held.map(({ universe }) => universe))
      .to.include('top_50')
      .and.not.include(null);
  });

  it('holds none of the good days: a crash, half days, a quiet one, splits, listings, gaps and days after a fault', () => {
    const bad = [...FAULTY.map(([day]) => day), SHAKEN];

    expect(holds.filter((hold) => !bad.includes(hold.session))).to.deep.equal([]);
    expect(imported.filter((day) => !bad.includes(day))).to.have.lengthOf(imported.length - bad.length);
  });

  it('publishes in the end what the market was, whatever was delivered between', async () => {
    const last = imported.at(-1) ?? session('2026-01-08');
    const largest = dayOf(last)
      .toSorted((left, right) => right.capUsd - left.capUsd)
      .slice(0, 100);

    const { rows } = await test.database.pool.query<{ symbol: string }>(
      `select symbol from pipeline.membership m join pipeline.universe u on u.id = m.universe_id
       where u.name = 'market_leaders' and u.key = 'top_100' and m.valid_to is null and m.known_to is null`,
    );

    expect(rows.map(({ symbol }) => symbol)).to.have.members(largest.map(({ symbol }) => symbol));
  });
});
