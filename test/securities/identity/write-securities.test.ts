import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, WEEK } from '../../support/market.js';
import { addBars, forgetAll, learn, readSecurities, type TickerChange } from './identity-fixture.js';

const AT = new Date('2026-06-26T22:00:00Z');
const LATER = new Date('2026-06-27T22:00:00Z');

describe('securities', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(() => test.drop());

  const idsOf = async (...tickers: string[]): Promise<(number | undefined)[]> => {
    const { rows } = await test.database.pool.query<{ ticker: string; id: number }>(
      `select ticker, security_id as id from pipeline.security_ticker where known_to is null and valid_to is null`,
    );
    return tickers.map((ticker) => rows.find((row) => row.ticker === ticker)?.id);
  };

  it('are as many as tickers while nothing is known of them', async () => {
    await addBars(test.database, { A: WEEK, B: WEEK });
    await learn(test.database, [], AT);

    expect(await readSecurities(test.database)).to.deep.equal(['A@-: A -..', 'B@-: B -..']);
  });

  it('keep their id through a change of the ticker, in whatever order a chain of them is learned', async () => {
    await addBars(test.database, { A: [MONDAY], B: [TUESDAY, WEDNESDAY], C: [THURSDAY] });
    await learn(test.database, [], AT);
    const [id] = await idsOf('A');

    await learn(test.database, [{ symbol: 'B', session: THURSDAY, to: 'C' }], AT);
    await learn(test.database, [{ symbol: 'A', session: TUESDAY, to: 'B' }], LATER);

    expect(await readSecurities(test.database)).to.deep.equal([
      `A@-: A -..${TUESDAY}, B ${TUESDAY}..${THURSDAY}, C ${THURSDAY}..`,
    ]);
    expect(await idsOf('C')).to.deep.equal([id]);
  });

  it('have their ids again when a change is learned, superseded and learned again', async () => {
    await addBars(test.database, { A: [MONDAY], B: [TUESDAY] });
    await learn(test.database, [], AT);
    const before = await idsOf('A', 'B');
    const change: TickerChange = { symbol: 'A', session: TUESDAY, to: 'B' };

    await learn(test.database, [change], AT);
    const renamed = await idsOf('B');
    await forgetAll(test.database, LATER);
    const forgotten = await idsOf('A', 'B');
    await learn(test.database, [change], new Date('2026-06-28T22:00:00Z'));

    expect([renamed, forgotten, await idsOf('B')]).to.deep.equal([[before[0]], before, [before[0]]]);
  });

  it('end where another company takes the ticker', async () => {
    await addBars(test.database, { A: WEEK });
    await learn(test.database, [{ symbol: 'A', session: WEDNESDAY, to: null }], AT);

    expect(await readSecurities(test.database)).to.deep.equal([
      `A@-: A -..${WEDNESDAY}`,
      `A@${WEDNESDAY}: A ${WEDNESDAY}..`,
    ]);
  });

  it('do not get back a ticker that trades on after they left it', async () => {
    await addBars(test.database, { A: [MONDAY, FRIDAY], B: [TUESDAY, FRIDAY] });
    await learn(test.database, [{ symbol: 'A', session: TUESDAY, to: 'B' }], AT);

    expect(await readSecurities(test.database)).to.deep.equal([
      `A@-: A -..${TUESDAY}, B ${TUESDAY}..`,
      `A@${TUESDAY}: A ${TUESDAY}..`,
    ]);
  });

  it('are not invented for the sessions in which nobody had a ticker', async () => {
    await addBars(test.database, { A: [MONDAY, FRIDAY], B: [TUESDAY, FRIDAY] });
    await learn(
      test.database,
      [
        { symbol: 'A', session: TUESDAY, to: 'B' },
        { symbol: 'A', session: FRIDAY, to: null },
      ],
      AT,
    );

    expect(await readSecurities(test.database)).to.deep.equal([
      `A@-: A -..${TUESDAY}, B ${TUESDAY}..`,
      `A@${FRIDAY}: A ${FRIDAY}..`,
    ]);
  });

  it('swap their tickers', async () => {
    await addBars(test.database, { A: WEEK, B: WEEK });
    await learn(
      test.database,
      [
        { symbol: 'A', session: WEDNESDAY, to: 'B' },
        { symbol: 'B', session: WEDNESDAY, to: 'A' },
      ],
      AT,
    );

    expect(await readSecurities(test.database)).to.deep.equal([
      `A@-: A -..${WEDNESDAY}, B ${WEDNESDAY}..`,
      `B@-: B -..${WEDNESDAY}, A ${WEDNESDAY}..`,
    ]);
  });

  it('are the same whatever order their history is learned in, and each ticker stands for one of them', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), fc.infiniteStream(fc.nat()), async ({ bars, changes }, random) => {
        const [first, second] = [await createTestDatabase(), await createTestDatabase()];
        try {
          await addBars(first.database, bars);
          await addBars(second.database, bars);
          await learn(first.database, changes, AT);
          const keyed = changes.map((change) => ({ change, key: Number(random.next().value) }));
          await learn(second.database, [], AT);
          for (const { change } of keyed.toSorted((left, right) => left.key - right.key))
            await learn(second.database, [change], LATER);

          expect(await readSecurities(second.database)).to.deep.equal(await readSecurities(first.database));
          expect(await readOverlaps(second)).to.deep.equal([]);
          expect(await readUnnamed(second)).to.deep.equal([]);
        } finally {
          await Promise.all([first.drop(), second.drop()]);
        }
      }),
      { numRuns: 15 },
    );
  });
});

/**
 * A week of a few companies that change tickers, use those of others again, are absent and come back. Made session by session, so that it is
 * one that can have happened.
 */
function histories(): fc.Arbitrary<{ bars: Record<string, SessionDate[]>; changes: TickerChange[] }> {
  const turn = fc.record({ company: fc.nat(3), action: fc.constantFrom('stay', 'absent', 'rename', 'take') });
  return fc.array(fc.array(turn, { maxLength: 3 }), { minLength: 4, maxLength: 4 }).map((turns) => {
    const tickers = ['A', 'B', 'C', 'D'];
    const free: string[] = [];
    let named = 0;
    const bars: Record<string, SessionDate[]> = {};
    const changes: TickerChange[] = [];
    for (const [day, session] of WEEK.entries()) {
      const absent = new Set<number>();
      const moved = new Set<number>();
      for (const { company, action } of turns[day - 1] ?? []) {
        const own = tickers[company] ?? '';
        if (moved.has(company)) continue;
        moved.add(company);
        if (action === 'absent') absent.add(company);
        if (action === 'rename') {
          const to = `N${(named += 1)}`;
          changes.push({ symbol: own, session, to });
          tickers[company] = to;
          free.push(own);
        }
        if (action === 'take') changes.push({ symbol: own, session, to: null });
      }
      for (const [company, ticker] of tickers.entries())
        if (!absent.has(company) || moved.has(company)) (bars[ticker] ??= []).push(session);
      // A ticker that was left is used by a newcomer, two sessions later at the earliest.
      const back = free.length > 1 ? free.shift() : undefined;
      if (back !== undefined && day < WEEK.length - 1) tickers.push(back);
    }
    return { bars, changes };
  });
}

async function readOverlaps({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select a.ticker, a.security_id, b.security_id as other
     from pipeline.security_ticker a
     join pipeline.security_ticker b
       on b.known_to is null and a.ctid < b.ctid and a.valid_from < coalesce(b.valid_to, 'infinity') and b.valid_from < coalesce(a.valid_to, 'infinity')
      and (a.ticker = b.ticker or a.security_id = b.security_id)
     where a.known_to is null`,
  );
  return rows;
}

/** Bars that belong to no security. */
async function readUnnamed({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select b.symbol, b.date from ohlcv_daily b
     where not exists (select from pipeline.security_ticker t
                       where t.known_to is null and t.ticker = b.symbol collate "C" and b.date >= t.valid_from
                         and (t.valid_to is null or b.date < t.valid_to))`,
  );
  return rows;
}
