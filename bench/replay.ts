import 'reflect-metadata';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { CacheSyncPhase } from '../phases/cache-sync/phase.js';
import { loadConfig } from '../src/config/load.js';
import { createPipeline } from '../src/container.js';
import { TradingCalendar } from '../src/core/calendar.js';
import type { SessionDate } from '../src/core/session.js';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { runPhase } from '../test/support/phase-context.js';
import { openServer } from './support/bench-server.js';
import { reportFigures, type Figure } from './support/figures.js';
import { timeCalls } from './support/history-calls.js';
import { settle, withClient } from './support/market-state.js';
import { compile, ROOT, runNode } from './support/programs.js';
import { importRealSession, readYear } from './support/real-year.js';
import type { ReplayOutcome } from './support/replay-process.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * Replays and questions about the past over a year of real bars.
 *
 *  1. Every session is imported and synced in order, as on evenings, in an empty database (`support/real-year.ts`).
 *  2. All sessions are replayed although nothing has changed, which must correct nothing. The replay is a process of its own, as compiled
 *     JavaScript (`replay-process.ts`).
 *  3. Closes and market caps of some stocks near the cut-off of the largest 50 are raised in one session, and the last sessions are
 *     replayed.
 *  4. `why`, `universe`, `diff` and `symbolUniverses` are called as a library, on the history with its corrections (`history-calls.ts`).
 *
 * `npm run bench -- replay [--to 2025-12-31] [--calls 50] [--json]`; on the embedded server, or on the one of DATABASE_URL.
 */
const STATE = 'bench_replay';
/** At least four sessions a second, as a time, because a bar is an upper limit. */
const MAX_SESSION_MS = 250;
const MAX_CALL_MS = 100;
/** Sessions replayed after a correction of the first of them. */
const CORRECTED_SESSIONS = 20;
/** Stocks corrected, by rank: the five after the largest 50. */
const [FIRST_RANK, LAST_RANK, FACTOR] = [51, 55, 1.5];

const { values: options } = parseArgs({
  options: {
    to: { type: 'string', default: '9999-12-31' },
    calls: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
});

async function main(data: SharedData): Promise<void> {
  compile('bench/tsconfig.json');
  const server = await openServer(process.env['DATABASE_URL']);
  try {
    const url = await server.create(STATE);
    const sessions = await loadYear(url, data);
    await withClient(url, settle);
    const pipeline = await createPipeline({
      config: { options: { database: { url }, import: { source: 'existing' } } },
    });
    const database = Database.connect({ url, poolSize: 1, connectTimeoutMs: 5000 });
    const [from = '', to = ''] = [sessions[0], sessions.at(-1)];
    const title = `${sessions.length} sessions of real bars, ${from} to ${to}, ${server.name}`;
    const figures = [
      ...(await replayUnchanged(database.pool, url, sessions)),
      ...(await replayCorrected(database.pool, url, sessions)),
    ];
    await withClient(url, settle);
    figures.push(...(await timeCalls(pipeline, database.pool, Number(options.calls), MAX_CALL_MS)));
    await pipeline.close();
    await database.close();
    reportFigures(`${title}, load average ${loadavg()[0]?.toFixed(1)}`, figures, options.json);
  } finally {
    await server.close();
  }
}

/** @returns the published sessions, oldest first */
async function loadYear(url: string, data: SharedData): Promise<SessionDate[]> {
  const database = Database.connect({ url, poolSize: 4, connectTimeoutMs: 5000 });
  await migrate(database);
  const { config } = loadConfig({ options: { import: { source: 'existing' } } });
  const phase = new CacheSyncPhase(database, config, new TradingCalendar(config.calendar.overrides));
  const sessions: SessionDate[] = [];
  for await (const real of readYear(data)) {
    if (real.session > options.to) break;
    await importRealSession(database, real);
    if (sessions.length === 0) await database.pool.query('analyze');
    await runPhase(phase, database, { session: real.session });
    sessions.push(real.session);
    if (sessions.length % 20 === 0 && !options.json) console.log(`${real.session}: ${sessions.length} sessions loaded`);
  }
  await database.close();
  return sessions;
}

async function replayUnchanged(pool: Pool, url: string, sessions: readonly SessionDate[]): Promise<Figure[]> {
  const before = await readPublished(pool);
  const replayed = replay(url, sessions[0]);
  const after = await readPublished(pool);
  return [
    toSpeed('replay of everything, a session', replayed),
    {
      name: 'memberships corrected, nothing changed',
      value: replayed.corrected,
      unit: 'rows',
      bar: 0,
      note: `${replayed.written} rows of cache_entries written`,
    },
    {
      name: 'membership hashes that differ',
      value: Number(before.hash !== replayed.membershipHash) + Number(before.history !== after.history),
      unit: 'rows',
      bar: 0,
      note: `newest session ${before.hash.slice(0, 8)} → ${replayed.membershipHash.slice(0, 8)}, all of them ${before.history.slice(0, 8)} → ${after.history.slice(0, 8)}`,
    },
    { name: 'peak memory of the process', value: replayed.peakMemoryMb, unit: 'MB' },
  ];
}

async function replayCorrected(pool: Pool, url: string, sessions: readonly SessionDate[]): Promise<Figure[]> {
  const from = sessions.at(-CORRECTED_SESSIONS);
  const [newest, before] = [sessions.at(-1), await readPublished(pool)];
  const symbols = await correctStocks(pool, from);
  const replayed = replay(url, from);
  const after = await readPublished(pool);
  const believed = await readPublished(pool, before.readAt);
  return [
    toSpeed('replay after a correction, a session', replayed),
    {
      name: 'memberships corrected by it',
      value: replayed.corrected,
      unit: 'rows',
      note: `${symbols.join(' ')} × ${FACTOR} on ${from}, up to ${newest}; all of them ${before.history.slice(0, 8)} → ${after.history.slice(0, 8)}`,
    },
    {
      name: 'what was believed before, changed by it',
      value: Number(believed.history !== before.history),
      unit: 'rows',
      bar: 0,
      note: 'hash of every membership as known before the replay',
    },
  ];
}

function toSpeed(name: string, { durationMs, sessions }: ReplayOutcome): Figure {
  const perSecond = ((1000 * sessions) / durationMs).toFixed(1);
  const note = `${perSecond} sessions a second, ${sessions} in ${(durationMs / 1000).toFixed(1)} s`;
  return { name, value: durationMs / sessions, unit: 'ms', bar: MAX_SESSION_MS, note };
}

function replay(url: string, from: string | undefined): ReplayOutcome {
  const { stdout } = runNode(`${ROOT}/dist/bench/bench/support/replay-process.js`, [url, from ?? '']);
  return JSON.parse(stdout) as ReplayOutcome;
}

/** Raises close and market cap alike, so that the figure is not suspect. @returns the symbols */
async function correctStocks(pool: Pool, session: SessionDate | undefined): Promise<string[]> {
  const { rows } = await pool.query<{ symbol: string }>(
    `with corrected as materialized (
       select symbol from pipeline.valuation where session = $1 and rank between $2 and $3
     ), bars as (
       update ohlcv_daily b set close = b.close * $4::numeric from corrected where b.symbol = corrected.symbol and b.date = $1
     ), quotes as (
       update pipeline.source_quote q set market_cap_usd = q.market_cap_usd * $4::numeric
       from corrected where q.symbol = corrected.symbol and q.session = $1
     )
     select symbol from corrected order by symbol`,
    [session, FIRST_RANK, LAST_RANK, FACTOR],
  );
  return rows.map((row) => row.symbol);
}

interface Published {
  /** Hash in the report of the newest completed cache sync. */
  readonly hash: string;
  /** Hash of every current membership of every session. */
  readonly history: string;
  /** The time of the server. */
  readonly readAt: Date;
}

/** @param knownAt the time of knowledge; default: now */
async function readPublished(pool: Pool, knownAt: Date | null = null): Promise<Published> {
  const { rows } = await pool.query<Published>(
    `select (select hashes ->> 'membership' from pipeline.phase_run
             where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')
             order by finished_at desc limit 1) as hash,
            (select md5(string_agg(concat_ws(' ', universe_id, symbol, valid_from, valid_to), ',' order by universe_id, symbol, valid_from))
             from pipeline.membership
             where known_from <= coalesce($1, 'infinity'::timestamptz) and coalesce(known_to > $1, known_to is null)) as history,
            clock_timestamp() as "readAt"`,
    [knownAt],
  );
  const [published] = rows;
  if (published === undefined) throw new Error('nothing has been published');
  return published;
}

const data = findSharedData();
if (data) await main(data);
