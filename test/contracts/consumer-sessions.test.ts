import { expect } from 'chai';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import { createServer, listen } from '../../src/http/index.js';
import { createPipeline, type Pipeline } from '../../src/index.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { SessionDate } from '../../src/core/session.js';
import { ConsumerClient, ConsumerSubscriber, readAsConsumer } from '../support/consumer.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { GROUP_TABLES, readGroup } from '../support/group-tables.js';
import { skipWithoutRedis, startRedis, type TestRedis } from '../support/redis.js';
import { ScreenerFiles, type ScreenerRow } from '../support/screener-files.js';
import { TICKSTOCK_TABLES } from '../support/tickstock-tables.js';
import { waitForLock } from '../support/wait-for-lock.js';

const KEY = 'consumer-key-0123456789abcdef';
const SESSIONS = new TradingCalendar().between('2026-06-16' as SessionDate, '2026-06-30' as SessionDate);
const DELISTING = { lastListed: SESSIONS[1], noticed: SESSIONS[4] };
const [HELD, FAILED, CANCELLED] = [SESSIONS[5], SESSIONS[6], SESSIONS[8]];
/** The largest stock of all, until it is delisted. */
const GONE = 'SBN';

/** The rows that an installation of the consumer has from the start, which are never another program's. */
const CONSUMER_ROWS = `
  insert into cache_entries (type, name, key, value) values
    ('cache_config', 'complete_limits', 'stocks_full_metadata_limit', '30'),
    ('cache_config', 'theme_definitions', 'semi', '["SAA", "SAC", "SBM"]'),
    ('cache_config', 'market_cap_thresholds', 'mid_cap', '3000000000'),
    ('app_settings', 'page', 'columns', '["ticker", "rank"]');`;

describe("ten sessions as the consumer's reader, subscriber and client see them", () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let redis: TestRedis;
  let files: ScreenerFiles;
  let pipeline: Pipeline;
  let server: FastifyInstance;
  let client: ConsumerClient;
  let page: ConsumerSubscriber;
  let nowMs = 0;
  let foreign: object[];

  before(async function () {
    skipWithoutRedis(this);
    test = await createEmptyDatabase();
    await test.database.pool.query(TICKSTOCK_TABLES);
    await test.database.pool.query(GROUP_TABLES);
    await test.database.pool.query(`truncate ohlcv_daily; delete from symbols where symbol = 'AAPL'; ${CONSUMER_ROWS}`);
    foreign = await readForeign();
    redis = await startRedis();
    page = await ConsumerSubscriber.subscribe(redis.connect());
    files = await ScreenerFiles.create();
    pool = new pg.Pool({ connectionString: test.url, max: 6 });
    pool.on('error', () => undefined);
    pipeline = await createPipeline({
      database: pool,
      redis: redis.connect(),
      clock: { now: () => nowMs + Math.floor(performance.now()) },
      config: {
        options: {
          import: { source: 'screener', dir: files.dir },
          http: { host: '127.0.0.1', port: 0, apiKeys: [KEY], trustLoopback: true },
          universes: { delistAfterSessions: 3 },
        },
      },
    });
    server = await createServer(pipeline);
    client = new ConsumerClient(await listen(server, pipeline.config.http), KEY);
  });

  after(async () => {
    await server?.close();
    await pipeline?.close();
    await pool?.end();
    await files?.remove();
    await redis?.stop();
    await test?.drop();
  });

  /** Forty stocks of 1 to 40 billion dollars, and two funds; half of them on the evening that is held. */
  function rowsOf(session: SessionDate): ScreenerRow[] {
    const stocks = Array.from({ length: 40 }, (_, index) => ({
      symbol: `S${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`,
      marketCap: String((index + 1) * 1e9),
      sector: index % 2 === 0 ? 'Technology' : 'Finance',
      industry: index % 2 === 0 ? 'Semiconductors' : 'Major Banks',
    }));
    if (session === HELD) return stocks.filter((_, index) => index % 2 === 0);
    return stocks.filter(({ symbol }) => symbol !== GONE || session <= (DELISTING.lastListed ?? ''));
  }

  /** Presses the button of the page and polls until no run is shown as running, as the page does. */
  async function runEvening(session: SessionDate, whileRunning?: () => Promise<void>): Promise<string> {
    nowMs = Date.parse(`${session}T22:00:00Z`);
    const { status, body } = await client.call('POST', 'trigger-manual', { phases: ['all'], skip_market_check: false });
    expect(status, JSON.stringify(body)).to.equal(200);
    await whileRunning?.();
    for (;;) {
      const { body: shown } = await client.call('GET', 'status');
      if (shown['is_running'] === false) break;
      expect(shown['progress']).to.be.a('number');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { body: history } = await client.call('GET', 'history?days=7');
    const [newest] = history['runs'] as Record<string, unknown>[];
    expect(newest?.['run_id']).to.equal(body['run_id']);
    return String(newest?.['status']);
  }

  const readForeign = async () =>
    (
      await test.database.pool.query<object>(
        `select xmin::text, * from cache_entries where type not in
           ('stock_universe', 'etf_universe', 'stock_etf_combo', 'stock_stats', 'themes') or name = 'my_list' order by id`,
      )
    ).rows;

  /** The end of the newest run reaches the page after the run has ended: events are published from the outbox. */
  async function untilEnded(count: number): Promise<void> {
    while (page.runs.length < count || page.runs.at(-1)?.success === undefined)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it('show every universe, every end and every failure', async () => {
    const statuses: string[] = [];
    const lists = new Map<SessionDate, Map<string, readonly string[]>>();
    const before = (session?: SessionDate) =>
      SESSIONS[SESSIONS.findIndex((each) => each === session) - 1] as SessionDate;
    for (const session of SESSIONS) {
      await files.writeSession(session, { nasdaq: rowsOf(session) });
      if (session === FAILED) {
        await files.writeFile(session, 'nasdaq.json', '<html>502 Bad Gateway</html>');
        statuses.push(await runEvening(session));
        await files.writeSession(session, { nasdaq: rowsOf(session) });
      }
      if (session === CANCELLED) statuses.push(await runEvening(session, cancelWhileWriting));
      statuses.push(await runEvening(session));
      lists.set(
        session,
        new Map((await readAsConsumer(test.database.pool)).map(({ place, tickers }) => [place, tickers])),
      );
    }
    await untilEnded(statuses.length);

    const expected = SESSIONS.flatMap((session) => {
      if (session === FAILED) return ['failed', 'success'];
      return session === CANCELLED ? ['cancelled', 'success'] : ['success'];
    });
    expect(statuses).to.deep.equal(expected);
    expect(page.problems).to.deep.equal([]);
    expect(page.runs.map(({ success }) => success)).to.deep.equal(expected.map((status) => status === 'success'));
    const withErrors = page.runs.filter(({ errors }) => errors.length > 0);
    expect(withErrors.map(({ errors }) => errors.length)).to.deep.equal([1]);
    expect(withErrors[0]?.errors[0]).to.include(`${FAILED}/nasdaq.json is not a complete JSON array`);

    // What was held, failed or cancelled has left no list changed, short or empty.
    expect(lists.get(HELD as SessionDate)).to.deep.equal(lists.get(before(HELD)));
    for (const session of SESSIONS) {
      const shown = lists.get(session);
      expect([...(shown?.keys() ?? [])], session).to.deep.equal([
        ...(lists.get(SESSIONS[0] as SessionDate)?.keys() ?? []),
      ]);
      expect(
        [...(shown?.values() ?? [])].filter((tickers) => tickers.length === 0),
        session,
      ).to.deep.equal([]);
      const isListed = session < (DELISTING.noticed ?? '');
      const places = [...(shown ?? [])].filter(([, tickers]) => tickers.includes(GONE)).map(([place]) => place);
      expect(places.includes('stock_universe/market_leaders/top_10_stocks'), session).to.equal(isListed);
      if (!isListed) expect(places, session).to.deep.equal([]);
    }
    const last = lists.get(SESSIONS.at(-1) as SessionDate);
    expect(last?.get('stock_universe/market_leaders/top_10_stocks')).to.deep.equal([
      'SBM',
      'SBL',
      'SBK',
      'SBJ',
      'SBI',
      'SBH',
      'SBG',
      'SBF',
      'SBE',
      'SBD',
    ]);
    // As its `cache_config` rows say.
    expect(last?.get('themes/Semi/list')).to.have.members(['SAA', 'SAC', 'SBM']);
    expect(last?.get('stock_universe/market_cap/mid_cap')).to.deep.equal([
      'SAI',
      'SAH',
      'SAG',
      'SAF',
      'SAE',
      'SAD',
      'SAC',
    ]);
    expect(last?.get('stock_universe/complete/top_30')).to.have.lengthOf(30);
  });

  it('name the delisting in their events, and no change of what was held', () => {
    const delisted = page.updates.filter(({ removed }) => (removed as string[]).includes(GONE));
    expect(new Set(delisted.map(({ session }) => session))).to.deep.equal(new Set([DELISTING.noticed]));
    expect(page.updates.filter(({ session }) => session === HELD)).to.deep.equal([]);
    // One for every sync that ended: the run that failed never came to it.
    expect(page.completedSyncs).to.have.lengthOf(page.runs.length - 1);
  });

  it('show the same lists in the tables of groups, and leave the rows of the consumer as they were', async () => {
    for (const { place, tickers } of await readAsConsumer(test.database.pool)) {
      const [type, , key = ''] = place.split('/');
      if (type !== 'stock_universe') continue;
      expect(await readGroup(test.database.pool, key), place).to.deep.equal(tickers);
    }
    expect(await readForeign()).to.deep.equal(foreign);
  });

  it('answer every other question of the client within its time', async () => {
    const [{ body: jobs }, { body: stats }, { body: schedule }] = [
      await client.call('GET', 'cache-sync/history?limit=10&offset=0'),
      await client.call('GET', 'cache-sync/stats'),
      await client.call('GET', 'schedule'),
    ];
    const [job] = jobs['jobs'] as Record<string, unknown>[];
    const { status, body } = await client.call('GET', `cache-sync/status/${String(job?.['job_id'])}`);
    const unknown = await client.call('GET', 'cache-sync/status/00000000-0000-4000-8000-000000000000');

    expect(status).to.equal(200);
    expect(body).to.include({ status: 'completed', mode: 'full', error_details: null, progress: null });
    expect(unknown.status).to.equal(404);
    expect(stats['job_statistics']).to.include({ failed_jobs_7d: 2 });
    expect(schedule).to.include({ trigger_time: '16:10', timezone: 'America/New_York' });
  });

  /** The indicators wait for a lock when the run is cancelled. */
  async function cancelWhileWriting(): Promise<void> {
    const blocker = await test.database.pool.connect();
    await blocker.query('begin; lock table daily_indicators in exclusive mode');
    await waitForLock(test.database);
    const { status } = await client.call('DELETE', 'cancel');
    expect(status).to.equal(200);
    while (pipeline.current() !== null) await new Promise((resolve) => setTimeout(resolve, 10));
    await blocker.query('rollback');
    blocker.release();
  }
});
