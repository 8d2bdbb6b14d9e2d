import { expect } from 'chai';
import { createPipeline } from '../../src/container.js';
import type { HandoverReport } from '../../src/core/handover.js';
import { PipelineError } from '../../src/core/errors.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { importListings } from '../support/evenings.js';
import { GROUP_TABLES } from '../support/group-tables.js';
import { configOf, MONDAY, sync, type Listing } from '../support/market.js';

const MARKET: readonly Listing[] = Array.from({ length: 12 }, (_, index) => ({
  symbol: `S${index}`,
  cap: 4e11 - index,
  sector: 'Technology',
}));
const THEMES = [{ key: 'ai', title: 'AI', symbols: ['S0', 'S1', 'S2'] }];
const config = configOf({ themes: THEMES });

const AI = 'stock_universe/themes/ai';
const OLD_AI = 'stock_universe/themes/theme_AI';
const OLD_INDUSTRY = 'stock_universe/industry/steam_engines';

describe('the handover', () => {
  let test: TestDatabase;
  let pipeline: Pipeline;
  const query = async (text: string, values: unknown[] = []) =>
    (await test.database.pool.query<Record<string, unknown>>(text, values)).rows;
  const insert = (place: string, value: unknown) =>
    query(`insert into cache_entries (type, name, key, value) values ($1, $2, $3, $4)`, [
      ...place.split('/'),
      JSON.stringify(value),
    ]);
  const readPlaces = async (): Promise<unknown[]> =>
    (await query(`select concat_ws('/', type, name, key) as place from cache_entries`)).map(({ place }) => place);
  const codesOf = ({ reasons }: HandoverReport): string[] => reasons.map(({ code }) => code);
  const examine = (): Promise<HandoverReport> => pipeline.handover.examine();
  const publish = () => sync(test.database, MONDAY, { config });

  beforeEach(async () => {
    test = await createTestDatabase();
    pipeline = await createPipeline({ database: test.database.pool, config: { options: { themes: THEMES } } });
  });

  afterEach(async () => {
    await pipeline.close();
    await test.drop();
  });

  it('says no while nothing is published, and what to do', async () => {
    const empty = await examine();
    await importListings(test.database, MONDAY, MARKET);
    const imported = await examine();
    await publish();
    const published = await examine();

    expect([empty, imported].map(codesOf)).to.deep.equal([['NOT_PUBLISHED'], ['NOT_PUBLISHED', 'DIFFERENT_ROWS']]);
    expect(empty.reasons[0]?.fix).to.equal('tickstock run');
    expect(published).to.include({ ready: true, session: MONDAY }).and.deep.include({ reasons: [], orphaned: [] });
    expect(published.rows).to.be.above(10).and.equal(published.equal).and.equal(published.sameMembers);
  });

  it('names the rows of the old job, and says yes after its own advice was followed', async () => {
    await insert(OLD_AI, ['S0', 'S1', 'S2', 'OLD']);
    await insert(OLD_INDUSTRY, { count: 1, stocks: [{ ticker: 'S3' }] });
    await insert('cache_config/theme_definitions/ev', 'TSLA');
    await insert('app_settings/ui/theme', ['dark']);
    await importListings(test.database, MONDAY, MARKET);
    await publish();

    const before = await examine();
    await pipeline.handover.alias({ place: OLD_AI, of: AI }, 'me');
    await pipeline.handover.retire('orphaned', 'me').catch((error: unknown) => error);
    await pipeline.handover.retire(['cache_config/theme_definitions/ev'], 'me');
    const advised = await examine();
    await publish();
    const after = await examine();

    expect(codesOf(before)).to.deep.equal(['ORPHANED_ROWS', 'IGNORED_SETTINGS']);
    expect(before.orphaned).to.deep.equal([
      { place: OLD_INDUSTRY, symbols: 1, alike: null },
      { place: OLD_AI, symbols: 4, alike: AI },
    ]);
    expect(codesOf(advised)).to.deep.equal(['DIFFERENT_ROWS']);
    expect(after).to.deep.include({ ready: true, reasons: [] });
    expect(await readPlaces())
      .to.include.members([OLD_AI, AI, 'app_settings/ui/theme'])
      .and.not.include(OLD_INDUSTRY);
    expect(await query(`select value from cache_entries where key = 'theme_AI'`)).to.deep.equal([
      { value: ['S0', 'S1', 'S2'] },
    ]);
    expect(
      await query(`select concat_ws('/', type, name, key) as place, content -> 'value' as value, retired_by as by
                        from pipeline.retired_row order by id`),
    ).to.deep.equal([
      { place: OLD_INDUSTRY, value: { count: 1, stocks: [{ ticker: 'S3' }] }, by: 'me' },
      { place: 'cache_config/theme_definitions/ev', value: 'TSLA', by: 'me' },
    ]);
  });

  it('keeps an alias up to date, and deletes its row when it ends', async () => {
    await importListings(test.database, MONDAY, MARKET);
    await publish();
    await pipeline.handover.alias({ place: OLD_AI, of: AI }, 'me');
    const aliased = await publish();
    const again = await publish();
    const aliases = await pipeline.handover.aliases();
    await pipeline.handover.removeAlias(OLD_AI);
    const asked = await examine();
    await publish();

    expect(aliased.counters).to.include({ rowsWritten: 1 });
    expect(again.changed).to.equal(false);
    expect(aliases).to.deep.equal([{ place: OLD_AI, of: AI }]);
    expect(codesOf(asked)).to.deep.equal(['DIFFERENT_ROWS']);
    expect(await readPlaces()).to.not.include(OLD_AI);
    expect((await examine()).ready).to.equal(true);
  });

  it('refuses to retire what a run writes or what belongs to others, and an alias of nothing', async () => {
    await insert('app_settings/ui/theme', ['dark']);
    await importListings(test.database, MONDAY, MARKET);
    await publish();
    const places = await readPlaces();
    const failures = await Promise.all(
      [
        pipeline.handover.retire([AI], 'me'),
        pipeline.handover.retire(['app_settings/ui/theme'], 'me'),
        pipeline.handover.alias({ place: OLD_AI, of: 'stock_universe/themes/none' }, 'me'),
        pipeline.handover.alias({ place: AI, of: 'stock_universe/complete/all_stocks' }, 'me'),
        pipeline.handover.removeAlias(AI),
      ].map((work) => work.then(() => undefined).catch((error: unknown) => error)),
    );

    for (const failure of failures) expect(failure).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_USAGE' });
    expect(await readPlaces()).to.have.members(places);
  });

  it('notices a job that still writes our rows, a key without room, a hold, and groups that differ', async () => {
    await query(GROUP_TABLES);
    await query('alter table cache_entries add unique (type, key, environment)');
    await importListings(test.database, MONDAY, MARKET);
    await publish();
    await query(`update cache_entries set value = '["S0"]' where type = 'stock_universe' and key = 'ai'`);
    await query(`delete from group_memberships where symbol = 'S0'`);
    await query(`insert into pipeline.hold (run_id, session, gate, message, created_at)
                 select id, '${MONDAY}', 'turnover', 'x', now() from pipeline.run limit 1`);

    const report = await examine();

    expect(codesOf(report)).to.have.members([
      'HELD',
      'DIFFERENT_ROWS',
      'REWRITTEN_ROWS',
      'NO_ROOM',
      'DIFFERENT_GROUPS',
    ]);
    expect(report.reasons.find(({ code }) => code === 'REWRITTEN_ROWS')?.places).to.deep.equal([AI]);
    expect(report.sameMembers).to.equal(report.rows - 1);
  });
});
