import { expect } from 'chai';
import fc from 'fast-check';
import { isProjectionUntouched } from '../../phases/cache-sync/projection/row-state.js';
import { listColumns, toPlaceName, type CacheLayout } from '../../phases/cache-sync/projection/layout.js';
import { detectLayout, LAYOUTS } from '../../phases/cache-sync/projection/layouts/index.js';
import { planProjection, type PlannedRow } from '../../phases/cache-sync/projection/plan-projection.js';
import type { Universe } from '../../phases/cache-sync/universes/rule.js';
import { RULES } from '../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses, toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import { PipelineError } from '../../src/core/errors.js';
import {
  CACHE_TABLES,
  cacheTableOf,
  publish,
  publishIn,
  replaceCacheTable,
  universeOf,
} from '../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { configOf, listings, marketOf, type Listing } from '../support/market.js';

const FIRST_AT = new Date('2026-06-22T21:00:00Z');
const LATER_AT = new Date('2026-06-23T21:00:00Z');
const NO_IDS = new Map<string, number>();

const config = configOf();
const markets = listings([...Array.from('ABCDEFGH'), 'SPY', 'NVDA']);
const select = async (market: readonly Listing[]) => selectUniverses(RULES, await marketOf(market), config);

/** With a quote, a backslash, and the twenty characters a symbol may have. */
const ODD_SYMBOLS = [`O'NEIL"S`, String.raw`BACK\SLASH`, 'ABCDEFGHIJKLMNOPQRST'];

/** The same universes in each layout's own rows; the second has the key of the first. */
const PLACES: Readonly<Record<string, Readonly<Record<'ranking' | 'complete' | 'theme' | 'statistics', string>>>> = {
  keyed: {
    ranking: 'stock_universe/market_leaders/top_1000',
    complete: 'stock_universe/complete/top_1000',
    theme: 'stock_universe/themes/ai',
    statistics: 'stock_stats/universe/summary',
  },
  universe: { ranking: 'top_1000', complete: 'complete_top_1000', theme: 'ai', statistics: 'summary' },
  symbols: { ranking: 'top_1000', complete: 'complete_top_1000', theme: 'ai', statistics: 'summary' },
};

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
  const form = cacheTableOf(layout);
  const places = PLACES[layout.id] ?? { ranking: '', complete: '', theme: '', statistics: '' };
  let universes: readonly Universe[];

  before(async () => {
    universes = await makeUniverses();
  });

  beforeEach(async () => {
    await replaceCacheTable(testOf().database.pool, form);
  });

  const query = async (statement: string, values: unknown[] = []) =>
    (await testOf().database.pool.query<Record<string, unknown>>(statement, values)).rows;
  const write = (published = universes, at = FIRST_AT) => publish(testOf().database, layout, published, at);
  const readRows = () => query(`select xmin::text as version, * from cache_entries order by id`);
  const readTickers = async (place: string): Promise<unknown> =>
    (await query(`select ${form.tickers} as tickers from cache_entries where ${form.place} = $1`, [place]))[0]?.[
      'tickers'
    ];
  const insertRow = async (place: string, symbols: readonly string[]): Promise<void> => {
    const { text, values } = form.insert(place, symbols);
    await query(text, values);
  };
  const failure = async (): Promise<unknown> => write().catch((error: unknown) => error);

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

    const second = await write(universes, LATER_AT);

    expect(second).to.deep.equal({ written: 0, deleted: 0, leftOut: [] });
    expect(await readRows()).to.deep.equal(before);
  });

  it('keeps the rows of a universe apart from one of the same key that is not published with it', async () => {
    await write();

    await write(
      universes.filter((universe) => universe.name === 'complete').map((universe) => ({ ...universe, members: [] })),
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
    await write(universes.slice(0, 1), LATER_AT);

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
      const second = await write(universes, LATER_AT);
      const third = await write(universes, LATER_AT);

      expect(untouched).to.equal(false);
      expect(second.written).to.equal(written);
      expect(third.written).to.equal(0);
      expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS);
    });
  }

  it('adds a row again that somebody deletes while it is being written', async () => {
    await write();
    const other = await testOf().database.pool.connect();
    await other.query('begin');
    await other.query(`delete from cache_entries where ${form.place} = $1`, [places.theme]);

    const writing = write(universes.map((universe) => ({ ...universe, members: universe.members.slice(0, 1) })));
    await waitForLock(query);
    await other.query('commit');
    other.release();
    await writing;

    expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS.slice(0, 1));
  });

  it('repairs a row that a host writes after its equal value was left alone and before that was recorded', async () => {
    await write();
    await query(`update cache_entries set ${form.content} = ${form.content} where ${form.place} = $1`, [places.theme]);
    const other = await testOf().database.pool.connect();
    await other.query('begin; lock table pipeline.projection in share mode');

    const writing = write(universes, LATER_AT);
    await waitForLock(query);
    await query(`update cache_entries set ${form.content} = '{}' where ${form.place} = $1`, [places.theme]);
    await other.query('commit');
    other.release();
    await writing;
    const next = await write(universes, LATER_AT);

    expect(next.written).to.equal(1);
    expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS);
  });

  it('deletes the rows of a retired universe and no others', async () => {
    await write();
    const before = await query(`select ${form.place} as place from cache_entries`);
    await query(`update pipeline.universe set retired_session = '2026-06-23' where key = 'ai'`);

    const { deleted } = await write(universes.filter((universe) => universe.key !== 'ai'));

    const after = await query(`select ${form.place} as place from cache_entries`);
    expect(deleted).to.be.above(0);
    expect(after).to.have.length(before.length - deleted);
    expect(after).to.not.deep.include({ place: places.theme });
    expect(after).to.deep.include.members([{ place: places.complete }, { place: places.ranking }]);
  });

  it('plans what publishing then does, without writing', async () => {
    const changed = universes.map((universe) =>
      universe.key === 'top_1000' ? { ...universe, members: universe.members.slice(0, 1) } : universe,
    );
    await insertRow(places.statistics, ['OLD']);
    const first = await planAndWrite(universes);
    await query(`update cache_entries set ${form.content} = ${form.content} where ${form.place} = $1`, [places.theme]);
    const second = await planAndWrite(changed);
    const third = await planAndWrite(changed);
    const retiring = await plan(
      changed.filter((universe) => universe.key !== 'ai'),
      ['stock_universe/themes/ai'],
    );

    expect(first.plan).to.include.deep.members([
      { place: places.statistics, action: 'update', universe: 'stock_stats/universe/summary' },
      { place: places.theme, action: 'insert', universe: 'stock_universe/themes/ai' },
    ]);
    expect(first.written).to.equal(first.plan.length);
    expect(listPlaces(second.plan, 'update')).to.have.members([places.ranking, places.complete]);
    expect(second.written).to.equal(2);
    expect(listPlaces(third.plan, 'leave')).to.have.length(third.plan.length);
    expect(listPlaces(retiring, 'delete')).to.include(places.theme);
  });

  it('refuses a table whose constraints or privileges keep its rows out, and leaves nothing half written', async () => {
    const role = `${layout.id}_reader`;
    await query(`alter table cache_entries add column theirs text not null default 'x' check (theirs <> 'x')`);
    const constraint = await failure();
    await query(`alter table cache_entries drop column theirs, add column theirs text not null`);
    const notNull = await failure();
    await query(`alter table cache_entries drop column theirs`);
    await query(`create unique index only_one on cache_entries ((1))`);
    const unique = await failure();
    await query(`drop index only_one`);
    await query(`alter table cache_entries alter column ${form.content} type int using null`);
    const mistyped = await failure();
    await query(`alter table cache_entries alter column ${form.content} type jsonb using null`);
    const denied = await testOf()
      .database.transaction(async ({ client }) => {
        await client.query(`create role ${role};
          grant usage on schema pipeline to ${role};
          grant all on all tables in schema pipeline to ${role};
          grant select on cache_entries to ${role};
          set local role ${role}`);
        return publishIn(client, layout, universes, FIRST_AT);
      })
      .catch((error: unknown) => error);

    for (const refusal of [constraint, notNull, unique, mistyped, denied]) {
      expect(refusal).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_SCHEMA' });
    }
    expect(constraint).to.have.property('hint').that.includes('drop the constraint cache_entries_theirs_check');
    expect(notNull).to.have.property('hint').that.includes('column theirs');
    expect(unique).to.have.property('hint').that.includes('only_one');
    expect(mistyped).to.have.property('hint').that.includes('jsonb');
    expect(denied).to.have.property('message').that.includes('permission denied for table cache_entries');
    expect(denied).to.have.property('hint').that.includes('grant select, insert, update and delete');
    expect(await query('select from cache_entries')).to.deep.equal([]);
    expect(await query('select from pipeline.projection')).to.deep.equal([]);
  });

  async function plan(published: readonly Universe[], retired: readonly string[] = []): Promise<PlannedRow[]> {
    return testOf().database.transaction(async ({ client }) => {
      await client.query('set transaction read only');
      const { rows } = await client.query<Parameters<typeof toUniverseName>[0] & { id: number }>(
        'select id, type, name, key from pipeline.universe',
      );
      const ids = new Map(rows.map((row) => [toUniverseName(row), row.id]));
      return planProjection(client, layout, published, { at: LATER_AT, ids, retired: new Set(retired) });
    });
  }

  async function planAndWrite(published: readonly Universe[]): Promise<{ plan: PlannedRow[]; written: number }> {
    const planned = await plan(published);
    const { written } = await write(published, LATER_AT);
    return { plan: planned, written };
  }
}

/** A ranking and a complete list of the same key, a theme, and the statistics. */
async function makeUniverses(): Promise<Universe[]> {
  const market = await marketOf([
    { symbol: 'AAA', cap: 4e12 },
    { symbol: 'BBB', cap: 3e12 },
    ...ODD_SYMBOLS.map((symbol) => ({ symbol, cap: 1e9 })),
  ]);
  const members = (symbols: readonly string[]) => symbols.flatMap((symbol) => market.securities.get(symbol) ?? []);
  const statistics = {
    totalStocks: 5,
    uniqueSectors: 0,
    uniqueExchanges: 0,
    totalMarketCapUsd: 7e12,
    averageMarketCapUsd: 14e11,
  };
  return [
    universeOf({
      name: 'market_leaders',
      key: 'top_1000',
      cacheType: 'market_leader',
      form: { kind: 'stock-list' },
      members: members(['AAA', 'BBB']),
    }),
    universeOf({
      name: 'complete',
      key: 'top_1000',
      cacheType: 'complete',
      form: { kind: 'ticker-list' },
      members: members(['AAA', 'BBB']),
    }),
    universeOf({ members: members(ODD_SYMBOLS) }),
    universeOf({
      type: 'stock_stats',
      name: 'universe',
      key: 'summary',
      cacheType: 'stats',
      form: { kind: 'statistics', statistics },
    }),
  ];
}

function listPlaces(plan: readonly PlannedRow[], action: PlannedRow['action']): string[] {
  return plan.filter((row) => row.action === action).map((row) => row.place);
}

async function waitForLock(query: (statement: string) => Promise<unknown[]>): Promise<void> {
  const isWaiting = () =>
    query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  while ((await isWaiting()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
