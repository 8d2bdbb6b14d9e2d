import { expect } from 'chai';
import fc from 'fast-check';
import { isProjectionUntouched } from '../../phases/cache-sync/projection/row-state.js';
import { listColumns, toPlaceName, type CacheLayout } from '../../phases/cache-sync/projection/layout.js';
import { detectLayout, LAYOUTS } from '../../phases/cache-sync/projection/layouts/index.js';
import { RULES } from '../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses } from '../../phases/cache-sync/universes/select-universes.js';
import { PipelineError } from '../../src/core/errors.js';
import { CACHE_TABLES } from '../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { configOf, listings, marketOf, type Listing } from '../support/market.js';
import { FIRST_AT, LATER_AT, NO_IDS, ODD_SYMBOLS, useLayout } from './layouts-fixture.js';

const config = configOf();
const markets = listings([...Array.from('ABCDEFGH'), 'SPY', 'NVDA']);
const select = async (market: readonly Listing[]) => selectUniverses(RULES, await marketOf(market), config);

describe('the layouts', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('refuse a table of no known form, naming its columns and the forms that are known', () => {
    const refusal = catchError(() => detectLayout(['id', 'blob']));

    expect(refusal).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_SCHEMA' });
    expect(refusal).to.have.property('message').that.includes('id, blob');
    for (const layout of LAYOUTS) expect(refusal).to.have.property('hint').that.includes(layout.id);
  });

  it('refuse a table that lacks one column of a known form, naming the column', () => {
    const refusal = catchError(() => detectLayout(['universe', 'content', 'cache_type', 'created_at']));

    expect(refusal).to.have.property('hint').that.includes('missing here: updated_at');
  });

  for (const layout of LAYOUTS) describe(layout.id, () => describeLayout(layout, () => test));
});

function describeLayout(layout: CacheLayout, testOf: () => TestDatabase): void {
  const { form, places, query, write, readRows, readTickers, insertRow, universes } = useLayout(layout, testOf);

  it('is recognised by its own columns, more of them or not, and by no other', () => {
    const recognised = Object.entries(CACHE_TABLES)
      .map(
        ([id, table]) =>
          [id, [...table.columns.matchAll(/(\w+) (?:big)?(?:serial|varchar|jsonb|timestamp)/g)]] as const,
      )
      .filter(([, columns]) => detectLayout([...columns.map(([, name = '']) => name), 'added_by_somebody']) === layout);

    expect(recognised.map(([id]) => id)).to.deep.equal([layout.id]);
    expect(detectLayout(listColumns(layout))).to.equal(layout);
  });

  it('gives every universe at least one row, and no place twice', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        const selected = await select(market);
        const rows = [...layout.rows(selected, FIRST_AT, NO_IDS)];
        expect(new Set(rows.map((row) => row.universe)).size).to.equal(selected.length);
        expect(new Set(rows.map(toPlaceName)).size).to.equal(rows.length);
      }),
      { numRuns: 20 },
    );
  });

  it('gives values that are JSON, and contents that do not change with the time of writing', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        const selected = await select(market);
        const first = [...layout.rows(selected, FIRST_AT, NO_IDS)];
        const later = [...layout.rows(selected, LATER_AT, NO_IDS)];
        expect(later.map((row) => row.content)).to.deep.equal(first.map((row) => row.content));
        for (const row of first) expect(JSON.parse(row.values[0] ?? '')).to.be.an.instanceOf(Object);
      }),
      { numRuns: 20 },
    );
  });

  it('publishes universes that have the same key, and symbols whatever their characters', async () => {
    const { written, leftOut } = await write();

    const rows = await query(`select ${form.place} as place from cache_entries`);
    expect(rows.map((row) => row['place'])).to.include.members(Object.values(places));
    expect(written).to.equal(rows.length);
    expect(leftOut).to.deep.equal([]);
    expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS);
    expect(await readTickers(places.complete)).to.deep.equal(['AAA', 'BBB']);
  });

  it('writes nothing when the same is published later', async () => {
    await write();
    const before = await readRows();

    const second = await write(universes(), LATER_AT);

    expect(second).to.deep.equal({ written: 0, deleted: 0, leftOut: [] });
    expect(await readRows()).to.deep.equal(before);
  });

  it('keeps the rows of a universe apart from one of the same key that is not published with it', async () => {
    await write();

    await write(
      universes()
        .filter((universe) => universe.name === 'complete')
        .map((universe) => ({ ...universe, members: [] })),
    );

    expect(await readTickers(places.complete)).to.deep.equal([]);
    expect(
      await query(`select from cache_entries where ${form.place} = $1 and ${form.content}::text like '%BBB%'`, [
        places.ranking,
      ]),
    ).to.have.length(1);
  });

  it('never touches rows of others, and takes over in place what another program wrote for its own universes', async () => {
    await insertRow('app_settings/ui/theme', ['SECRET']);
    await insertRow(places.theme, ['OLD']);
    const [foreign, taken] = await readRows();

    const first = await write();
    await write(universes().slice(0, 1), LATER_AT);

    const rows = await readRows();
    expect(rows.find((row) => row['id'] === foreign?.['id'])).to.deep.equal(foreign);
    expect(rows.filter((row) => row['id'] === taken?.['id'])).to.have.length(1);
    expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS);
    expect(rows).to.have.length(first.written + 1);
  });

  for (const [what, statement, written] of [
    ['changed', `update cache_entries set ${form.content} = '["X"]' where ${form.place} = $1`, 1],
    ['emptied', `update cache_entries set ${form.content} = null where ${form.place} = $1`, 1],
    ['deleted', `delete from cache_entries where ${form.place} = $1`, 1],
    [
      'wrote over with its own value',
      `update cache_entries set ${form.content} = ${form.content} where ${form.place} = $1`,
      0,
    ],
  ] as const) {
    it(`finds a row that somebody ${what}, and has it right after the next publish`, async () => {
      await write();
      await query(statement, [places.theme]);

      const untouched = await testOf().database.transaction(({ client }) => isProjectionUntouched(client, layout));
      const second = await write(universes(), LATER_AT);
      const third = await write(universes(), LATER_AT);

      expect(untouched).to.equal(false);
      expect(second.written).to.equal(written);
      expect(third.written).to.equal(0);
      expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS);
    });
  }
}

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
