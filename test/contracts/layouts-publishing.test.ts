import { expect } from 'chai';
import type { CacheLayout } from '../../phases/cache-sync/projection/layout.js';
import { LAYOUTS } from '../../phases/cache-sync/projection/layouts/index.js';
import { planProjection, type PlannedRow } from '../../phases/cache-sync/projection/plan-projection.js';
import type { Universe } from '../../phases/cache-sync/universes/rule.js';
import { toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import { PipelineError } from '../../src/core/errors.js';
import { publishIn } from '../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { FIRST_AT, LATER_AT, ODD_SYMBOLS, useLayout } from './layouts-fixture.js';

describe('the layouts', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  for (const layout of LAYOUTS) describe(layout.id, () => describeLayout(layout, () => test));
});

function describeLayout(layout: CacheLayout, testOf: () => TestDatabase): void {
  const { form, places, query, write, readTickers, insertRow, failure, universes } = useLayout(layout, testOf);

  it('adds a row again that somebody deletes while it is being written', async () => {
    await write();
    const other = await testOf().database.pool.connect();
    await other.query('begin');
    await other.query(`delete from cache_entries where ${form.place} = $1`, [places.theme]);

    const writing = write(universes().map((universe) => ({ ...universe, members: universe.members.slice(0, 1) })));
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

    const writing = write(universes(), LATER_AT);
    await waitForLock(query);
    await query(`update cache_entries set ${form.content} = '{}' where ${form.place} = $1`, [places.theme]);
    await other.query('commit');
    other.release();
    await writing;
    const next = await write(universes(), LATER_AT);

    expect(next.written).to.equal(1);
    expect(await readTickers(places.theme)).to.deep.equal(ODD_SYMBOLS);
  });

  it('deletes the rows of a retired universe and no others', async () => {
    await write();
    const before = await query(`select ${form.place} as place from cache_entries`);
    await query(`update pipeline.universe set retired_session = '2026-06-23' where key = 'ai'`);

    const { deleted } = await write(universes().filter((universe) => universe.key !== 'ai'));

    const after = await query(`select ${form.place} as place from cache_entries`);
    expect(deleted).to.be.above(0);
    expect(after).to.have.length(before.length - deleted);
    expect(after).to.not.deep.include({ place: places.theme });
    expect(after).to.deep.include.members([{ place: places.complete }, { place: places.ranking }]);
  });

  it('plans what publishing then does, without writing', async () => {
    const changed = universes().map((universe) =>
      universe.key === 'top_1000' ? { ...universe, members: universe.members.slice(0, 1) } : universe,
    );
    await insertRow(places.statistics, ['OLD']);
    const first = await planAndWrite(universes());
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
        return publishIn(client, layout, universes(), FIRST_AT);
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

function listPlaces(plan: readonly PlannedRow[], action: PlannedRow['action']): string[] {
  return plan.filter((row) => row.action === action).map((row) => row.place);
}

async function waitForLock(query: (statement: string) => Promise<unknown[]>): Promise<void> {
  const isWaiting = () =>
    query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  while ((await isWaiting()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
