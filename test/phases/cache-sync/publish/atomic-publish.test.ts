import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { systemClock } from '../../../../src/core/clock.js';
import type { Database } from '../../../../src/db/database.js';
import { nextFence } from '../../../support/next-fence.js';
import { RunStore } from '../../../../src/orchestrator/run/run-store.js';
import { ProgressTracker } from '../../../../src/progress/tracker.js';
import type { TestDatabase } from '../../../support/database.js';
import { MONDAY, sync, TUESDAY, WEEK, writeListings } from '../../../support/market.js';
import { listWritten, readCacheRows, readVersions } from './published-state.js';
import { useAtomicPublish, config, marketOn, createOrchestrator, cutConnections } from './atomic-publish-fixture.js';

describe('a publish', () => {
  const given = useAtomicPublish();

  it('is seen whole or not at all by whoever reads meanwhile', async () => {
    await writeListings(given.test.database, MONDAY, marketOn(0));
    await sync(given.test.database, MONDAY, { config });
    const seen = new Set<string>();
    const published = new AbortController();
    const readLoop = async (): Promise<void> => {
      while (!published.signal.aborted) seen.add(await readOnce(given.reader));
    };
    const loop = readLoop();

    const states = [await readOnce(given.test.database.pool)];
    for (const [day, session] of WEEK.entries()) {
      await writeListings(given.test.database, session, marketOn(day));
      await sync(given.test.database, session, { config });
      states.push(await readOnce(given.test.database.pool));
    }
    published.abort();
    await loop;

    expect(seen.size).to.be.at.least(3);
    expect([...seen].filter((state) => !states.includes(state))).to.deep.equal([]);
  });

  for (const [when, takeOver] of [
    ['before it publishes', 'load'],
    ['while it publishes', 'value'],
  ] as const) {
    it(`by a run that another one took over ${when} is refused and leaves nothing`, async () => {
      await writeListings(given.test.database, MONDAY, marketOn(0));
      await sync(given.test.database, MONDAY, { config });
      const [rows, versions] = [await readCacheRows(given.test.database), await readVersions(given.test.database)];
      await writeListings(given.test.database, TUESDAY, marketOn(1));
      const tracker = new ProgressTracker(systemClock);
      const store = new RunStore(given.test.database);
      let takenOver: Promise<unknown> | undefined;
      tracker.subscribe((event) => {
        if (event.type !== 'task-finished' || event.taskId !== takeOver) return;
        takenOver ??= store.markInterrupted(new Date()).then(() => startOtherRun(given.test.database, store));
      });

      const result = await createOrchestrator(given.test, tracker).run({ session: TUESDAY, phases: ['cache-sync'] });
      await takenOver;

      expect(result.status).to.equal('failed');
      expect(result.error).to.include({ code: 'EOD_FENCED' });
      expect(listWritten(rows, await readCacheRows(given.test.database))).to.deep.equal([]);
      expect(await readVersions(given.test.database)).to.deep.equal(versions);
    });
  }

  it('by a run whose successor has already published is refused as fenced', async () => {
    await writeListings(given.test.database, MONDAY, marketOn(0));
    await sync(given.test.database, MONDAY, { config });
    await writeListings(given.test.database, TUESDAY, marketOn(1));
    const tracker = new ProgressTracker(systemClock);
    const phase = new HeldUpPhase(given.test, async () => {
      await sync(given.test.database, TUESDAY, { config });
    });

    const result = await createOrchestrator(given.test, tracker, phase).run({
      session: TUESDAY,
      phases: ['cache-sync'],
    });

    expect(result.error).to.include({ code: 'EOD_FENCED' });
  });

  for (const [task, table] of [
    ['load', 'pipeline.valuation'],
    ['value', 'pipeline.membership'],
  ] as const) {
    it(`whose connections are lost when its task ${task} is done leaves the state before it, and the next run publishes`, async () => {
      await writeListings(given.test.database, MONDAY, marketOn(0));
      await sync(given.test.database, MONDAY, { config });
      const versions = await readVersions(given.test.database);
      await writeListings(given.test.database, TUESDAY, marketOn(1));
      const tracker = new ProgressTracker(systemClock);
      let cut: Promise<unknown> | undefined;
      tracker.subscribe((event) => {
        if (event.type === 'task-finished' && event.taskId === task) cut ??= cutWhenWaiting(given.reader, table);
      });
      const orchestrator = createOrchestrator(given.test, tracker);
      // What is written next: the run waits there, in its transaction, however long the cut takes to arrive.
      await given.reader.query(`begin; lock table ${table} in share mode`);

      const result = await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] });
      await cut;
      const versionsAfter = await readVersions(given.test.database);
      const next = await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] });

      expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
      expect(versionsAfter).to.deep.equal(versions);
      expect(next.status).to.equal('completed');
    });
  }
});

/** Cache sync, held up between looking at the market and publishing by whatever `meanwhile` does. */
class HeldUpPhase extends CacheSyncPhase {
  constructor(
    test: TestDatabase,
    private readonly meanwhile: () => Promise<void>,
  ) {
    super(
      delayed(test, () => this.meanwhile()),
      config,
      new TradingCalendar(),
    );
  }
}

/** The same database, whose last transaction (the publish) begins after `meanwhile`. */
function delayed(test: TestDatabase, meanwhile: () => Promise<void>): TestDatabase['database'] {
  let transactions = 0;
  return new Proxy(test.database, {
    get(target, property): unknown {
      if (property !== 'transaction') return Reflect.get(target, property);
      return async (...call: Parameters<typeof target.transaction>) => {
        transactions += 1;
        // The first one is assertRunnable's, the second loads the market while the third reads what it is judged by.
        if (transactions === 4) await meanwhile();
        return target.transaction(...call);
      };
    },
  });
}

async function startOtherRun(database: Database, store: RunStore): Promise<void> {
  await store.start(
    {
      id: randomUUID(),
      fence: await nextFence(database),
      session: TUESDAY,
      trigger: 'manual',
      mode: 'full',
      force: false,
      recompute: false,
      owner: 'somebody-else',
      phases: [],
      configHash: 'test',
      codeVersion: 'test',
      input: '',
    },
    new Date(),
  );
}

/** Cuts them once a statement waits for the reader's lock on a table, and gives the lock up. */
async function cutWhenWaiting(reader: pg.Client, table: string): Promise<void> {
  for (;;) {
    const { rows } = await reader.query('select from pg_locks where not granted and relation = $1::regclass', [table]);
    if (rows.length > 0) break;
    await delay(5);
  }
  await cutConnections(reader);
  await reader.query('rollback');
}

/** One statement, and so one snapshot: hash of all memberships, of all rows of cache_entries, and the completed sessions. */
async function readOnce(client: Pick<pg.Client, 'query'>): Promise<string> {
  const { rows } = await client.query<{ state: string }>(
    `select concat_ws(' ',
       (select md5(string_agg(universe_id || symbol, ',' order by universe_id, symbol)) from pipeline.membership
        where valid_to is null and known_to is null),
       (select md5(string_agg(key || name || value::text, ',' order by type, name, key)) from cache_entries),
       (select count(*) from pipeline.membership_change),
       (select max(session) from pipeline.phase_run where status like 'completed%')) as state`,
  );
  return rows[0]?.state ?? '';
}
