import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { systemClock } from '../../../../src/core/clock.js';
import { RunStore } from '../../../../src/orchestrator/run/run-store.js';
import { Orchestrator } from '../../../../src/orchestrator/run/run.js';
import { ProgressTracker } from '../../../../src/progress/tracker.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import {
  ANY_CAP,
  configOf,
  FRIDAY,
  MONDAY,
  sync,
  TUESDAY,
  WEEK,
  writeListings,
  type Listing,
} from '../../../support/market.js';
import { listWritten, readCacheRows, readVersions } from './published-state.js';

/** Half of each list changes overnight, as no gate would let it. */
const config = configOf({ universes: ANY_CAP, gates: { turnover: { minMembers: 1e9 } } });

/** 400 stocks whose caps, and so their places, change from session to session. */
const marketOn = (day: number): Listing[] =>
  Array.from({ length: 400 }, (_, index) => ({
    symbol: `S${index}`,
    cap: 1e8 * (1 + ((index * 7 + day * 131) % 400)),
    active: (index + day) % 5 > 0,
  }));

describe('a publish', () => {
  let test: TestDatabase;
  let reader: pg.Client;

  beforeEach(async () => {
    test = await createTestDatabase();
    reader = new pg.Client({ connectionString: test.url });
    await reader.connect();
  });

  afterEach(async () => {
    await reader.end();
    await test.drop();
  });

  it('is seen whole or not at all by whoever reads meanwhile', async () => {
    await writeListings(test.database, MONDAY, marketOn(0));
    await sync(test.database, MONDAY, { config });
    const seen = new Set<string>();
    const published = new AbortController();
    const readLoop = async (): Promise<void> => {
      while (!published.signal.aborted) seen.add(await readOnce(reader));
    };
    const loop = readLoop();

    const states = [await readOnce(test.database.pool)];
    for (const [day, session] of WEEK.entries()) {
      await writeListings(test.database, session, marketOn(day));
      await sync(test.database, session, { config });
      states.push(await readOnce(test.database.pool));
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
      await writeListings(test.database, MONDAY, marketOn(0));
      await sync(test.database, MONDAY, { config });
      const [rows, versions] = [await readCacheRows(test.database), await readVersions(test.database)];
      await writeListings(test.database, TUESDAY, marketOn(1));
      const tracker = new ProgressTracker(systemClock);
      const store = new RunStore(test.database);
      let takenOver: Promise<unknown> | undefined;
      tracker.subscribe((event) => {
        if (event.type !== 'task-finished' || event.taskId !== takeOver) return;
        takenOver ??= store.markInterrupted(new Date()).then(() => startOtherRun(store));
      });

      const result = await createOrchestrator(test, tracker).run({ session: TUESDAY, phases: ['cache-sync'] });
      await takenOver;

      expect(result.status).to.equal('failed');
      expect(result.error).to.include({ code: 'EOD_FENCED' });
      expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([]);
      expect(await readVersions(test.database)).to.deep.equal(versions);
    });
  }

  it('by a run whose successor has already published is refused as fenced', async () => {
    await writeListings(test.database, MONDAY, marketOn(0));
    await sync(test.database, MONDAY, { config });
    await writeListings(test.database, TUESDAY, marketOn(1));
    const tracker = new ProgressTracker(systemClock);
    const phase = new HeldUpPhase(test, async () => {
      await sync(test.database, TUESDAY, { config });
    });

    const result = await createOrchestrator(test, tracker, phase).run({ session: TUESDAY, phases: ['cache-sync'] });

    expect(result.error).to.include({ code: 'EOD_FENCED' });
  });

  for (const [task, table] of [
    ['load', 'pipeline.valuation'],
    ['value', 'pipeline.membership'],
  ] as const) {
    it(`whose connections are lost when its task ${task} is done leaves the state before it, and the next run publishes`, async () => {
      await writeListings(test.database, MONDAY, marketOn(0));
      await sync(test.database, MONDAY, { config });
      const versions = await readVersions(test.database);
      await writeListings(test.database, TUESDAY, marketOn(1));
      const tracker = new ProgressTracker(systemClock);
      let cut: Promise<unknown> | undefined;
      tracker.subscribe((event) => {
        if (event.type === 'task-finished' && event.taskId === task) cut ??= cutWhenWaiting(reader, table);
      });
      const orchestrator = createOrchestrator(test, tracker);
      // What is written next: the run waits there, in its transaction, however long the cut takes to arrive.
      await reader.query(`begin; lock table ${table} in share mode`);

      const result = await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] });
      await cut;
      const versionsAfter = await readVersions(test.database);
      const next = await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] });

      expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
      expect(versionsAfter).to.deep.equal(versions);
      expect(next.status).to.equal('completed');
    });
  }

  it('whose connections are lost as it commits is there whole or not at all, and its run says which', async () => {
    await writeListings(test.database, MONDAY, marketOn(0));
    await sync(test.database, MONDAY, { config });
    const versions = await readVersions(test.database);
    await writeListings(test.database, TUESDAY, marketOn(1));
    const tracker = new ProgressTracker(systemClock);
    let cut: Promise<unknown> | undefined;
    tracker.subscribe((event) => {
      if (event.type === 'task-finished' && event.taskId === 'publish') cut ??= cutConnections(reader);
    });
    const orchestrator = createOrchestrator(test, tracker);

    const result = await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] });
    await cut;
    // The pool takes a moment to notice that its idle connections are gone.
    await delay(200);
    const versionsAfter = await readVersions(test.database);

    if (result.status === 'completed') expect(versionsAfter).not.to.deep.equal(versions);
    else expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect((await orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] })).status).to.equal('completed');
  });

  for (const task of ['load', 'select', 'value', 'publish']) {
    it(`that is cancelled when its task ${task} is done leaves the state before it`, async () => {
      await writeListings(test.database, MONDAY, marketOn(0));
      await sync(test.database, MONDAY, { config });
      const [rows, versions] = [await readCacheRows(test.database), await readVersions(test.database)];
      await writeListings(test.database, FRIDAY, marketOn(3));
      const tracker = new ProgressTracker(systemClock);
      const controller = new AbortController();
      tracker.subscribe((event) => {
        if (event.type === 'task-finished' && event.taskId === task) controller.abort();
      });

      const result = await createOrchestrator(test, tracker).run({
        session: FRIDAY,
        phases: ['cache-sync'],
        signal: controller.signal,
      });

      expect(result).to.have.nested.property('error.code', 'EOD_CANCELLED');
      expect(result.status).to.equal('cancelled');
      expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([]);
      expect(await readVersions(test.database)).to.deep.equal(versions);
      expect(await readPhaseStatuses(test, FRIDAY)).to.deep.equal(['cancelled']);
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

function createOrchestrator(test: TestDatabase, tracker: ProgressTracker, phase?: CacheSyncPhase): Orchestrator {
  const sync = phase ?? new CacheSyncPhase(test.database, config, new TradingCalendar());
  // Whether an import has completed is not what is tried here.
  Object.defineProperty(sync, 'needs', { value: [] });
  return new Orchestrator({
    phases: [sync],
    database: test.database,
    tracker,
    clock: systemClock,
    concurrency: 2,
    configHash: 'test',
    codeVersion: 'test',
  });
}

async function startOtherRun(store: RunStore): Promise<void> {
  await store.start(
    {
      id: randomUUID(),
      session: TUESDAY,
      trigger: 'manual',
      mode: 'full',
      force: false,
      recompute: false,
      owner: 'somebody-else',
      phases: [],
      configHash: 'test',
      codeVersion: 'test',
    },
    new Date(),
  );
}

/** As a server that restarts would, but for the reader's own connection. */
async function cutConnections(reader: pg.Client): Promise<unknown> {
  return reader.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
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

async function readPhaseStatuses(test: TestDatabase, session: string): Promise<string[]> {
  const { rows } = await test.database.pool.query<{ status: string }>(
    'select status from pipeline.phase_run where session = $1',
    [session],
  );
  return rows.map((row) => row.status);
}
