import assert from 'node:assert/strict';
import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import { collectRows } from '../../phases/import/collect.js';
import type { Listing, MarketSource, SourceRequest } from '../../phases/import/source.js';
import type { Check } from './check.js';

const SYMBOL = /^[A-Z0-9][A-Z0-9^/.\-=+]{0,19}$/;
const TYPES = ['CS', 'ADRC', 'ETF', 'PFD', 'WARRANT', 'RIGHT', 'UNIT', 'FUND', 'SP', 'OTHER'];

/**
 * Checks that the listings of a session are as the import needs them: symbols, types, dates, prices within their range.
 * @throws AssertionError
 */
export function assertListings(listings: readonly Listing[], session: SessionDate): void {
  assert.ok(listings.length > 0, `no listings of ${session}`);
  for (const { symbol, bar, origin, rowNumber } of listings) {
    const { symbol: name } = symbol;
    assert.notEqual(origin, '', name);
    assert.ok(rowNumber >= 1, name);
    assert.match(name, SYMBOL);
    assert.ok(symbol.type === null || TYPES.includes(symbol.type), `${name} is of type ${symbol.type}`);
    assert.equal(symbol.active, symbol.delistedDate === null, `${name} is active, or has a delisting date`);
    assert.ok(symbol.listDate === null || symbol.listDate <= session, `${name} is listed after the session`);
    if (bar === null) continue;
    assert.equal(bar.symbol, name);
    assert.equal(bar.date, session, name);
    assert.ok(bar.close > 0, `${name} closes at ${bar.close}`);
    assert.ok(Number.isSafeInteger(bar.volume) && bar.volume >= 0, `${name} has a volume of ${bar.volume}`);
    assert.ok(
      bar.close <= (bar.high ?? bar.close) && bar.close >= (bar.low ?? bar.close),
      `${name} closes outside its range`,
    );
  }
}

/**
 * The contract of sources.
 *
 * @param request a session that the source has, with a transaction where it reads the database
 * @param closed a day without a session, such as a Saturday
 */
export function sourceChecks(
  source: MarketSource,
  request: Pick<SourceRequest, 'session'> & Partial<SourceRequest>,
  closed: SessionDate,
): readonly Check[] {
  const { session } = request;
  const open = (day: SessionDate) =>
    source.open({
      signal: new AbortController().signal,
      firstLoad: false,
      transaction: noTransaction,
      ...request,
      session: day,
    });
  const check = (name: string, run: () => Promise<void>): Check => ({ name: `the source "${source.id}" ${name}`, run });
  return [
    check('has a title and finds the session', async () => {
      assert.match(source.title, /\w{3}/);
      await source.assertAvailable?.(session);
    }),
    check('gives valid listings of the session, each symbol once', async () => {
      const feed = await open(session);
      if (feed.kind === 'verified') return assert.ok(feed.bars > 0 && feed.symbols > 0);
      const { listings, rejected } = await collectRows(feed.rows, () => undefined);
      assert.deepEqual(
        rejected.map(({ detail }) => detail),
        [],
      );
      assertListings(listings, session);
    }),
    check('refuses a day without a session, with a hint', async () => {
      const read = async (): Promise<void> => {
        await source.assertAvailable?.(closed);
        const feed = await open(closed);
        if (feed.kind === 'rows') await collectRows(feed.rows, () => undefined);
      };
      await assert.rejects(read, (error) => error instanceof PipelineError && error.hint !== undefined);
    }),
  ];
}

const noTransaction = {
  get client(): never {
    throw new Error('the source reads the database: pass a transaction');
  },
} as unknown as SourceRequest['transaction'];
