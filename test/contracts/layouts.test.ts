import { expect } from 'chai';
import fc from 'fast-check';
import type { CacheLayout } from '../../phases/cache-sync/layout.js';
import { detectLayout, LAYOUTS } from '../../phases/cache-sync/layouts/index.js';
import { RULES } from '../../phases/cache-sync/rules/index.js';
import { selectUniverses } from '../../phases/cache-sync/select-universes.js';
import { PipelineError } from '../../src/core/errors.js';
import { configOf, listings, marketOf, type Listing } from '../support/market.js';

/** The columns of the three forms in use, from appv2-contract section 1. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  keyed: ['id', 'type', 'name', 'key', 'value', 'environment', 'created_at', 'updated_at'],
  universe: ['id', 'universe', 'content', 'cache_type', 'created_at', 'updated_at'],
  symbols: [
    'id',
    'cache_key',
    'symbols',
    'universe_category',
    'liquidity_filter',
    'universe_metadata',
    'last_universe_update',
  ],
};
const FIRST_AT = new Date('2026-06-22T21:00:00Z');
const LATER_AT = new Date('2026-06-23T21:00:00Z');

const config = configOf();
const markets = listings([...Array.from('ABCDEFGH'), 'SPY', 'NVDA']);
const select = async (market: readonly Listing[]) => selectUniverses(RULES, await marketOf(market), config);

describe('the layouts', () => {
  it('refuse a table of no known form, naming its columns and the forms that are known', () => {
    const refusal = catchError(() => detectLayout(['id', 'blob']));

    expect(refusal).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_SCHEMA' });
    expect(refusal).to.have.property('message').that.includes('id, blob');
    expect(refusal).to.have.property('hint').that.includes(LAYOUTS[0]?.id);
  });

  for (const layout of LAYOUTS) describe(layout.id, () => describeLayout(layout));
});

function describeLayout(layout: CacheLayout): void {
  it('is recognised by its own columns, more of them or not, and by no other', () => {
    const recognised = Object.entries(COLUMNS)
      .filter(([, columns]) => layout.matches(new Set([...columns, 'added_by_somebody'])))
      .map(([id]) => id);

    expect(recognised).to.deep.equal([layout.id]);
    expect(detectLayout(COLUMNS[layout.id] ?? [])).to.equal(layout);
  });

  it('gives every universe at least one row, and no place twice', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        const selected = await select(market);
        const rows = [...layout.rows(selected, FIRST_AT)];
        const places = rows.map((row) => JSON.stringify([row.type, row.name, row.key]));
        expect(new Set(rows.map((row) => row.universe)).size).to.equal(selected.length);
        expect(new Set(places).size).to.equal(rows.length);
      }),
      { numRuns: 20 },
    );
  });

  it('gives values that are JSON, and contents that do not change with the time of writing', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        const selected = await select(market);
        const first = [...layout.rows(selected, FIRST_AT)];
        const later = [...layout.rows(selected, LATER_AT)];
        expect(later.map((row) => row.content)).to.deep.equal(first.map((row) => row.content));
        for (const row of first) expect(JSON.parse(row.value)).to.be.an.instanceOf(Object);
      }),
      { numRuns: 20 },
    );
  });
}

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
