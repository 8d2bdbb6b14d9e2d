import { parseArgs } from 'node:util';
import { bands } from '../phases/cache-sync/universes/rules/bands.js';
import { marketLeaders } from '../phases/cache-sync/universes/rules/market-leaders.js';
import { loadConfig } from '../src/config/load.js';
import type { Config } from '../src/config/schema/index.js';
import { BarYear, readSessions } from './support/bar-year.js';
import { readReference } from './support/reference.js';
import { findSharedData, type SharedData } from './support/shared-data.js';
import { MembershipLog, type Turnover } from './support/turnover.js';

/**
 * How much banding stabilises the rankings and the market-cap bands: the symbols that each exchanges per session, strict and banded, over
 * the year of real bars.
 *
 *  1. Names and types are those of the newest screener file with the symbol; closes, changes and market caps those of the bars
 *     (`bar-year.ts`).
 *  2. The stocks are valued session by session as in a run, suspect market caps by the previous session. Nothing is held: the faulty days
 *     of the data, which a run would hold, count for both alike.
 *  3. Every ranking and band is selected strict, and with the default buffers: in 0.9, out 1.11, 5 percent, no minimum stay. Each of the
 *     two carries its own members from session to session (`turnover.ts`).
 *
 * `npm run bench -- banding [--json]`; in memory, without a database.
 */
const RULES = [bands, marketLeaders];

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const data = findSharedData();
if (data !== undefined) report(await measure(data));

async function measure(data: SharedData): Promise<{ strict: MembershipLog; banded: MembershipLog; sessions: number }> {
  const { config } = loadConfig({});
  const all = [...config.universes.bands, ...config.universes.rankings].map(({ key }) => ({ universe: key }));
  const bandedConfig = loadConfig({ options: { universes: { banding: all } } }).config;
  const year = new BarYear(readReference(data.screener), config.universes);
  const [strict, banded] = [new MembershipLog(), new MembershipLog()];
  const select = (log: MembershipLog, market: Awaited<ReturnType<BarYear['value']>>, settings: Config): void => {
    const withPast = log.withPast(market, year.sessions);
    for (const universe of RULES.flatMap((rule) => rule.select(withPast, settings)))
      log.publish(universe, market.session);
  };
  for await (const { session, bars } of readSessions(data.bars)) {
    const market = await year.value(session, bars);
    select(strict, market, config);
    select(banded, market, bandedConfig);
  }
  return { strict, banded, sessions: year.sessions.length };
}

interface Row {
  readonly universe: string;
  /** Mean over the sessions. */
  readonly members: number;
  /** Additions and removals per session, mean. */
  readonly strictChanges: number;
  readonly bandedChanges: number;
  /** Percent of the members exchanged per session, mean. */
  readonly strictPct: number;
  readonly bandedPct: number;
  /** Strict changes divided by banded ones. */
  readonly ratio: number;
}

function report({ strict, banded, sessions }: Awaited<ReturnType<typeof measure>>): void {
  const rows = [...strict.turnovers].flatMap(([name, before]) => {
    const after = banded.turnovers.get(name);
    return after === undefined ? [] : [toRow(before, after)];
  });
  if (options.json) return console.log(JSON.stringify({ title: 'banding', sessions, rows }));
  console.log(`\nbanding: turnover a session over ${sessions} sessions, strict and banded`);
  console.log(toTable(rows).join('\n'));
}

function toRow(strict: Turnover, banded: Turnover): Row {
  return {
    universe: strict.title,
    members: strict.members / strict.sessions,
    strictChanges: strict.changes / strict.sessions,
    bandedChanges: banded.changes / banded.sessions,
    strictPct: (100 * strict.ratio) / strict.sessions,
    bandedPct: (100 * banded.ratio) / banded.sessions,
    ratio: strict.changes / banded.changes,
  };
}

function toTable(rows: readonly Row[]): string[] {
  const cells = rows.map((row) => [
    row.universe,
    row.members.toFixed(0),
    `${row.strictChanges.toFixed(2)} (${row.strictPct.toFixed(2)} %)`,
    `${row.bandedChanges.toFixed(2)} (${row.bandedPct.toFixed(2)} %)`,
    `${row.ratio.toFixed(1)}×`,
  ]);
  const table = [['universe', 'members', 'strict', 'banded', 'fewer'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
