import { expect } from 'chai';
import fc from 'fast-check';
import { collectRows, countFailed } from '../../../phases/import/collect.js';
import { parseScreenerRow } from '../../../phases/import/screener/screener-row.js';
import type { Listing, SourceRow } from '../../../phases/import/source.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { APPLE, FORD } from './screener-folders.js';

const ignore = (): void => undefined;

describe('collecting rows', () => {
  it('keeps valid rows, refused rows and the number read', async () => {
    const collected = await collectRows([toRow(APPLE), toRow({ ...FORD, lastsale: 'ten' }), toRow(FORD)], ignore);

    expect(symbolsOf(collected.listings)).to.deep.equal(['AAPL', 'F']);
    expect(collected.rejected.map((row) => [row.symbol, row.reason])).to.deep.equal([['F', 'PRICE_INVALID']]);
    expect(collected.read).to.equal(3);
  });

  it('takes the row with more volume of two with one symbol, and refuses the other', async () => {
    const quiet = toRow({ ...APPLE, volume: '10', lastsale: '$999.00' }, 'nasdaq.json', 1);
    const busy = toRow({ ...APPLE, volume: '11', lastsale: '$1.00' }, 'nyse.json', 2);

    const collected = await collectRows([quiet, busy], ignore);

    expect(collected.listings.map((listing) => listing.bar?.close)).to.deep.equal([1]);
    expect(collected.rejected).to.have.lengthOf(1);
    expect(collected.rejected[0]).to.deep.include({
      origin: 'nasdaq.json',
      rowNumber: 1,
      symbol: 'AAPL',
      reason: 'SYMBOL_DUPLICATE',
      detail: 'row 2 of nyse.json has the same symbol and was kept',
    });
    expect(collected.rejected[0]?.raw).to.include('999');
  });

  it('counts as failed each symbol that did not come in, once, and no row without a symbol', async () => {
    const bad = toRow({ ...FORD, lastsale: 'ten' });
    const rows = [toRow(APPLE), toRow(APPLE), toRow({ ...APPLE, volume: -1 }), bad, bad, toRow({ lastsale: '$1.00' })];

    const collected = await collectRows(rows, ignore);

    expect(collected.rejected).to.have.lengthOf(5);
    expect(countFailed(collected)).to.equal(1);
  });

  it('takes the higher close when volumes are equal', async () => {
    const rows = ['$5.00', '$7.00', '$6.00'].map((lastsale, index) =>
      toRow({ ...APPLE, lastsale }, 'nasdaq.json', index),
    );

    const collected = await collectRows(rows, ignore);

    expect(collected.listings.map((listing) => listing.bar?.close)).to.deep.equal([7]);
    expect(collected.rejected).to.have.lengthOf(2);
  });

  it('comes to the same listings whatever the order of the rows', async () => {
    const row = fc.record({
      symbol: fc.constantFrom('A', 'B', 'C'),
      name: fc.constantFrom('One', 'Two', ''),
      lastsale: fc.constantFrom('$1.00', '$2.00'),
      volume: fc.constantFrom('0', '5', '5', '6'),
      exchange: fc.constantFrom('NYSE', 'NASDAQ'),
    });

    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }).chain((rows) => fc.tuple(fc.constant(rows), shuffled(rows))),
        async ([rows, other]) => {
          const [first, second] = [
            await collectRows(rows.map(toNumberedRow), ignore),
            await collectRows(other.map(toNumberedRow), ignore),
          ];

          expect(contentOf(second.listings)).to.deep.equal(contentOf(first.listings));
          expect(first.listings.length + first.rejected.length).to.equal(rows.length);
          expect(new Set(symbolsOf(first.listings)).size).to.equal(first.listings.length);
        },
      ),
    );
  });

  it('reports rows as they are read, never more than there are', async () => {
    const rows = Array.from({ length: 1030 }, (_, index) => toRow({ ...FORD, symbol: `Q${index}` }));
    let reported = 0;

    await collectRows(rows, (count) => (reported += count));

    expect(reported).to.be.within(1000, 1030);
  });

  it('passes on what breaks the feed off', async () => {
    function* broken(): Generator<SourceRow> {
      yield toRow(APPLE);
      throw new Error('cut short');
    }

    const failure = await collectRows(broken(), ignore).catch((error: unknown) => error);

    expect(failure).to.have.property('message', 'cut short');
  });
});

function toRow(raw: object, origin = 'nasdaq.json', rowNumber = 1, exchange = 'NASDAQ'): SourceRow {
  return parseScreenerRow(raw, {
    origin,
    rowNumber,
    exchange,
    session: parseSessionDate('2026-06-30'),
    maxPriceUsd: 10_000_000,
  });
}

function toNumberedRow(raw: { exchange: string }, index: number): SourceRow {
  return toRow(raw, `${raw.exchange.toLowerCase()}.json`, index + 1, raw.exchange);
}

function shuffled<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

/** All of a listing but its place in the files, which is the order. */
function contentOf(listings: readonly Listing[]): object[] {
  return listings
    .map(({ symbol, bar }) => ({ symbol, bar }))
    .toSorted((left, right) => (left.symbol.symbol < right.symbol.symbol ? -1 : 1));
}

function symbolsOf(listings: readonly Listing[]): string[] {
  return listings.map((listing) => listing.symbol.symbol);
}
