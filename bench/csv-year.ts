import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'csv-stringify/sync';
import { CacheSyncPhase } from '../phases/cache-sync/phase.js';
import type { SymbolRecord } from '../phases/import/source.js';
import { loadConfig } from '../src/config/load.js';
import { createPipeline } from '../src/container.js';
import { TradingCalendar } from '../src/core/calendar.js';
import type { SessionDate } from '../src/core/session.js';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { runPhase } from '../test/support/phase-context.js';
import { openServer } from './support/bench-server.js';
import { reportFigures } from './support/figures.js';
import { importRealSession, readYear, type RealSession } from './support/real-year.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * A year of real bars published twice: through the source `csv`, from the file of the year and a reference file, and by the loader of the other
 * benches (`support/real-year.ts`). Every membership of every session must be the same.
 *
 * `npm run bench -- csv-year [--to 2025-12-31] [--json]`
 */
const { values: options } = parseArgs({
  options: { to: { type: 'string', default: '9999-12-31' }, json: { type: 'boolean', default: false } },
});

interface Published {
  readonly bars: number;
  /** A line for each membership: universe, symbol, first session, session after the last. */
  readonly memberships: readonly string[];
}

interface Loaded {
  readonly sessions: readonly SessionDate[];
  readonly symbols: ReadonlyMap<string, SymbolRecord & { readonly listingYear: string | null }>;
}

async function main(data: SharedData): Promise<void> {
  const server = await openServer(process.env['DATABASE_URL']);
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-bench-'));
  try {
    const [loaderUrl, csvUrl] = [await server.create('bench_year_loader'), await server.create('bench_year_csv')];
    const startedAt = performance.now();
    const { sessions, symbols } = await publishLoaded(loaderUrl, data);
    const loaderMs = performance.now() - startedAt;
    const reference = join(folder, 'symbols.csv');
    await writeFile(reference, toReference(symbols));
    const csvMs = await publishCsv(csvUrl, { dir: data.bars, reference, sessions });
    const [loader, csv] = [await readPublished(loaderUrl), await readPublished(csvUrl)];
    const differences = listDifferences(csv, loader);
    reportFigures(
      `${sessions.length} real sessions from CSV and by the loader, ${server.name}`,
      [
        {
          name: 'memberships that differ',
          value: differences.length,
          unit: 'rows',
          bar: 0,
          note: `${csv.memberships.length} memberships, ${hashOf(csv)}; by the loader ${loader.memberships.length}, ${hashOf(loader)}`,
        },
        { name: 'bars that differ in number', value: Math.abs(csv.bars - loader.bars), unit: 'rows', bar: 0 },
        { name: 'from CSV, with events and reports', value: csvMs, unit: 'ms' },
        { name: 'by the loader', value: loaderMs, unit: 'ms' },
        { name: '  of it', value: csvMs / loaderMs, unit: 'x' },
      ],
      options.json,
    );
    if (!options.json) for (const line of differences.slice(0, 20)) console.log(line);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.close();
  }
}

async function publishLoaded(url: string, data: SharedData): Promise<Loaded> {
  const database = Database.connect({ url, poolSize: 4, connectTimeoutMs: 5000 });
  await migrate(database);
  const { config } = loadConfig({ options: { import: { source: 'existing' } } });
  const phase = new CacheSyncPhase(database, config, new TradingCalendar(config.calendar.overrides));
  const sessions: SessionDate[] = [];
  const symbols = new Map<string, SymbolRecord & { listingYear: string | null }>();
  for await (const real of readYear(data)) {
    if (real.session > options.to) break;
    await importRealSession(database, withListingYears(real));
    if (sessions.length === 0) await database.pool.query('analyze');
    await runPhase(phase, database, { session: real.session });
    sessions.push(real.session);
    for (const { symbol, listingYear } of real.listings) symbols.set(symbol.symbol, { ...symbol, listingYear });
    if (sessions.length % 20 === 0 && !options.json) console.log(`${real.session}: ${sessions.length} sessions loaded`);
  }
  await database.close();
  return { sessions, symbols };
}

/** As an import of the reference file stores them. */
function withListingYears({ session, listings }: RealSession): RealSession {
  return {
    session,
    listings: listings.map((listing) => ({
      ...listing,
      ...(listing.quote && { quote: { ...listing.quote, listingYear: Number(listing.listingYear) || null } }),
    })),
  };
}

function toReference(symbols: Loaded['symbols']): string {
  const rows = Array.from(
    symbols.values(),
    ({ symbol, name, type, exchange, sector, industry, country, listingYear }) => ({
      symbol,
      name,
      type,
      exchange,
      sector,
      industry,
      country,
      listing_year: listingYear,
    }),
  );
  return stringify(rows, { header: true });
}

async function publishCsv(
  url: string,
  { dir, reference, sessions }: { dir: string; reference: string; sessions: readonly SessionDate[] },
): Promise<number> {
  const startedAt = performance.now();
  const pipeline = await createPipeline({
    config: { options: { database: { url }, import: { source: 'csv', dir, csv: { reference } } } },
  });
  const [from, to] = [sessions[0], sessions.at(-1)] as [SessionDate, SessionDate];
  const { error } = await pipeline.backfill({ from, to, skipMissing: true });
  await pipeline.close();
  if (error !== undefined) throw error;
  return performance.now() - startedAt;
}

/** By the names of universes: their numbers follow the order of creation. */
async function readPublished(url: string): Promise<Published> {
  const database = Database.connect({ url, poolSize: 1, connectTimeoutMs: 5000 });
  const memberships = await database.pool.query<{ line: string }>(
    `select concat_ws(' ', u.type, u.name, u.key, m.symbol, m.valid_from, m.valid_to) as line
     from pipeline.membership m join pipeline.universe u on u.id = m.universe_id where m.known_to is null order by 1`,
  );
  const bars = await database.pool.query<{ bars: number }>('select count(*)::int as bars from ohlcv_daily');
  await database.close();
  return { bars: bars.rows[0]?.bars ?? 0, memberships: memberships.rows.map(({ line }) => line) };
}

function hashOf({ memberships }: Published): string {
  return createHash('md5').update(memberships.join('\n')).digest('hex').slice(0, 12);
}

function listDifferences(one: Published, other: Published): string[] {
  const [left, right] = [new Set(one.memberships), new Set(other.memberships)];
  return [
    ...one.memberships.filter((line) => !right.has(line)).map((line) => `CSV: ${line}`),
    ...other.memberships.filter((line) => !left.has(line)).map((line) => `loader: ${line}`),
  ];
}

const data = findSharedData();
if (data) await main(data);
