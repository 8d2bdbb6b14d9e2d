import { expect } from 'chai';
import { loadMarket } from '../../../../phases/cache-sync/input/load-market.js';
import { loadPastFigures, loadSymbolPast } from '../../../../phases/cache-sync/input/load-past.js';
import { recordFacts } from '../../../../src/securities/record-facts.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { MONDAY, THURSDAY, TUESDAY, WEDNESDAY, writeListings } from '../../../support/market.js';

describe('the past of a session', () => {
  let test: TestDatabase;
  const query = (text: string, values: unknown[] = []) =>
    test.database.pool.query<Record<string, unknown>>(text, values);
  const addEvent = (day: string, event: string, reason: string) =>
    query(
      `insert into pipeline.symbol_event (run_id, session, symbol, event, reason, known_at)
       values (gen_random_uuid(), $1, 'GONE', $2, $3, now())`,
      [day, event, reason],
    );

  before(async () => {
    test = await createTestDatabase();
    await runEvening(test.database, MONDAY, [
      { symbol: 'GONE', cap: 1e9 },
      { symbol: 'STAYS', cap: 2e9 },
    ]);
  });

  after(async () => {
    await test.drop();
  });

  it('ends with the newest session that says something of a symbol, whenever it was written down', async () => {
    await query(`update symbols set active = false where symbol = 'GONE'`);
    await writeListings(test.database, WEDNESDAY, [{ symbol: 'GONE', active: false }]);
    await addEvent(TUESDAY, 'delisted', 'ABSENT');
    // A replay that comes to Monday again writes it after what is known of Tuesday.
    await addEvent(MONDAY, 'relisted', 'TRADES_AGAIN');

    const found = await test.database.transaction(async ({ client }) => {
      const window = {
        listedFrom: MONDAY,
        delistAfterSessions: 5,
        delistQuietAfterSessions: 20,
        calendarSince: MONDAY,
      };
      const { delisted } = await loadSymbolPast(client, WEDNESDAY, window);
      const { securities } = await loadMarket(client, WEDNESDAY);
      await recordFacts(client, WEDNESDAY);
      return { delisted, symbols: Array.from(securities, ({ symbol }) => symbol) };
    });

    expect([...found.delisted]).to.deep.equal([['GONE', TUESDAY]]);
    expect(found.symbols).to.deep.equal(['GONE', 'STAYS']);
    // Only found absent: as far as the source ever said it is active.
    const { rows } = await query(`select active from pipeline.symbol_fact where symbol = 'GONE' and valid_to is null`);
    expect(rows).to.deep.equal([{ active: true }]);
  });

  it('has the figures of the session before, and beside the market what the source says of its closes', async () => {
    await query(
      `insert into pipeline.source_quote (session, symbol, previous_close)
       values ($1, 'GONE', null), ($1, 'STAYS', 9), ($2, 'STAYS', null)`,
      [TUESDAY, THURSDAY],
    );

    const [figures, quoted, unquoted] = await test.database.transaction(async ({ client }) => [
      await loadPastFigures(client, TUESDAY),
      await loadMarket(client, TUESDAY),
      await loadMarket(client, THURSDAY),
    ]);

    const quotes = ({ securities }: typeof quoted) =>
      Array.from(securities, (row) => [row.symbol, row.quotedPreviousClose]);
    expect(figures).to.deep.include({ symbols: ['GONE', 'STAYS'], closes: [10, 10], capsUsd: [1e9, 2e9] });
    expect(quotes(quoted)).to.deep.equal([
      ['GONE', null],
      ['STAYS', 9],
    ]);
    expect(quotes(unquoted)).to.deep.equal([['STAYS', null]]);
    expect(quoted.inputHash).to.not.equal(unquoted.inputHash);
  });
});
