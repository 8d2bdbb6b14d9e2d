import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { CacheSyncPhase } from '../phases/cache-sync/phase.js';
import { loadConfig } from '../src/config/load.js';
import { TradingCalendar } from '../src/core/calendar.js';
import type { PhaseReport } from '../src/core/phase.js';
import type { SessionDate } from '../src/core/session.js';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { runPhase } from '../test/support/phase-context.js';
import { openServer } from './support/bench-server.js';
import { importRealSession, readYear } from './support/real-year.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * The gates on a year of real bars, session by session as on evenings: which sessions are held, by which gate, and the market caps on split
 * days.
 *
 *  1. Every session is imported and synced in order, in an empty database (`support/real-year.ts`).
 *  2. Printed: each session that is known to be faulty, each other one with a hold, the suspect caps of the year, the known split days.
 *  3. The exit code is 1 when a faulty session passes, more than 2 others are held, one of the days from April on is, or a split moves a
 *     stock.
 *
 * `npm run bench -- gates [--to 2025-12-31] [--verbose]`; on the embedded server, or on the one of DATABASE_URL.
 */
const FAULTY: Readonly<Record<string, string>> = {
  '2025-10-06': 'taken before the close',
  '2025-10-07': 'one day late from here on',
  '2026-02-04': 'NASDAQ repeats the day before',
  '2026-02-25': 'taken before the close',
};
const MAX_OTHERS_HELD = 2;
const CLEAN_FROM = '2026-04-01';
const SPLITS: readonly (readonly [symbol: string, session: string])[] = [
  ['NFLX', '2025-11-17'],
  ['BKNG', '2026-04-06'],
  ['KLAC', '2026-06-12'],
  ['BDRX', '2026-06-22'],
];

interface Evening {
  readonly session: SessionDate;
  readonly report: PhaseReport;
  readonly holds: readonly HoldRow[];
  readonly durationMs: number;
}

interface HoldRow {
  readonly gate: string;
  readonly universe: string | null;
  readonly message: string | null;
}

const { values: options } = parseArgs({
  options: { to: { type: 'string', default: '9999-12-31' }, verbose: { type: 'boolean', default: false } },
});

async function main(data: SharedData): Promise<void> {
  const server = await openServer(process.env['DATABASE_URL']);
  try {
    const database = Database.connect({ url: await server.create('bench_gates'), poolSize: 4, connectTimeoutMs: 5000 });
    await migrate(database);
    const evenings = await syncYear(database, data);
    report(evenings, await readSplitMoves(database.pool));
    await database.close();
  } finally {
    await server.close();
  }
}

async function syncYear(database: Database, data: SharedData): Promise<Evening[]> {
  const { config } = loadConfig({ options: { import: { source: 'existing' } } });
  const phase = new CacheSyncPhase(database, config, new TradingCalendar(config.calendar.overrides));
  const evenings: Evening[] = [];
  for await (const real of readYear(data)) {
    const { session } = real;
    if (session > options.to) break;
    await importRealSession(database, real);
    if (evenings.length === 0) await database.pool.query('analyze');
    const startedAt = performance.now();
    const phaseReport = await runPhase(phase, database, { session });
    const evening = {
      session,
      report: phaseReport,
      holds: await readHolds(database.pool, session),
      durationMs: performance.now() - startedAt,
    };
    evenings.push(evening);
    if (options.verbose || evening.holds.length > 0) console.log(describeEvening(evening));
    else if (evenings.length % 20 === 0) console.log(`${session}: ${evenings.length} sessions`);
  }
  return evenings;
}

function describeEvening({ session, report: { summary }, holds, durationMs }: Evening): string {
  return [
    `${session} ${durationMs.toFixed(0)} ms, ${summary}`,
    ...holds.map(
      ({ gate, universe, message }) => `  held by ${gate}${universe === null ? '' : ` (${universe})`}: ${message}`,
    ),
  ].join('\n');
}

async function readHolds(pool: Pool, session: SessionDate): Promise<HoldRow[]> {
  const { rows } = await pool.query<HoldRow>(
    `select h.gate, u.key as universe, h.message
     from pipeline.hold h
     left join pipeline.universe u on u.id = h.universe_id
     where h.session = $1
     order by u.key nulls first, h.gate`,
    [session],
  );
  return rows;
}

interface SplitMove {
  readonly symbol: string;
  readonly session: string;
  /** `2025-11-17 removed from top_50 (REASON)`, of bands and rankings. */
  readonly moves: readonly string[];
}

async function readSplitMoves(pool: Pool): Promise<SplitMove[]> {
  const found: SplitMove[] = [];
  for (const [symbol, session] of SPLITS) {
    const { rows } = await pool.query<{ move: string }>(
      `select concat_ws(' ', c.session, c.action, u.key, '(' || c.reason || ')') as move
       from pipeline.membership_change c
       join pipeline.universe u on u.id = c.universe_id
       where c.symbol = $1 and u.cache_type in ('market_cap', 'market_leader', 'sector', 'industry', 'complete')
         and c.session >= $2
         and c.session <= coalesce((select min(session) from pipeline.session_stats where session > $2), $2)
       order by c.id`,
      [symbol, session],
    );
    found.push({ symbol, session, moves: rows.map(({ move }) => move) });
  }
  return found;
}

function report(evenings: readonly Evening[], splits: readonly SplitMove[]): void {
  const sum = (counter: string): number =>
    evenings.reduce((total, evening) => total + (evening.report.counters[counter] ?? 0), 0);
  const bySession = new Map<string, Evening>(evenings.map((evening) => [evening.session, evening]));
  const faulty = Object.entries(FAULTY).flatMap(([session, fault]) => {
    const evening = bySession.get(session);
    return evening === undefined ? [] : [{ session, fault, holds: evening.holds }];
  });
  const missed = faulty.filter(({ holds }) => !holds.some(({ universe }) => universe === null));
  const others = evenings.filter(({ session, holds }) => holds.length > 0 && FAULTY[session] === undefined);
  const clean = others.filter(({ session }) => session >= CLEAN_FROM);
  const moved = splits.filter(({ session, moves }) => bySession.has(session) && moves.length > 0);
  const lines = [
    `\n${evenings.length} sessions of real bars, ${evenings[0]?.session} to ${evenings.at(-1)?.session}`,
    '\nFaulty sessions',
    ...faulty.map(({ session, fault, holds }) => `${session}  ${fault.padEnd(30)}  ${describeHolds(holds)}`),
    `\nOther sessions held (at most ${MAX_OTHERS_HELD}, none from ${CLEAN_FROM})`,
    ...(others.length === 0 ? ['none'] : others.map(({ session, holds }) => `${session}  ${describeHolds(holds)}`)),
    '\nMeasured on the sessions that pass, percent',
    ...describeRanges(evenings),
    '\nSuspect market caps, by stock and session',
    `suspect ${sum('suspectCaps')}, cleared ${sum('suspectCapsCleared')}, accepted ${sum('suspectCapsAccepted')}`,
    '\nSplit days: changes of bands, rankings, sector and industry groups on the day and the session after',
    ...splits.map(({ symbol, session, moves }) => `${session}  ${symbol}  ${moves.join(', ') || 'none'}`),
  ];
  console.log(lines.join('\n'));
  if (missed.length + clean.length + moved.length > 0 || others.length > MAX_OTHERS_HELD) process.exitCode = 1;
}

interface Finding {
  readonly gate: string;
  readonly measured: number | null;
}

/** Lowest and highest figure of each gate and their sessions: the distance of ordinary days from the thresholds. */
function describeRanges(evenings: readonly Evening[]): string[] {
  const findings = evenings
    .filter(({ holds }) => holds.length === 0)
    .flatMap(({ session, report: { details } }) =>
      (details['gates'] as Finding[]).flatMap(({ gate, measured }) =>
        measured === null ? [] : { session, gate, measured },
      ),
    );
  return [...new Set(findings.map(({ gate }) => gate))].map((gate) => {
    const own = findings
      .filter((finding) => finding.gate === gate)
      .toSorted((left, right) => left.measured - right.measured);
    const [low, high] = [own[0], own.at(-1)];
    return `${gate.padEnd(16)}  ${low?.measured} (${low?.session}) to ${high?.measured} (${high?.session})`;
  });
}

function describeHolds(holds: readonly HoldRow[]): string {
  const session = holds.filter(({ universe }) => universe === null).map(({ gate }) => gate);
  const universes = holds.flatMap(({ gate, universe }) => (universe === null ? [] : [`${universe} (${gate})`]));
  return [...session, ...universes].join(', ') || 'NOT HELD';
}

const data = findSharedData();
if (data) await main(data);
