import { appendFile, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { RandomStream } from '../../phases/import/sample-market/random.js';
import { Database } from '../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY, writeListings, type Listing } from '../support/market.js';
import { openDrillPipeline } from './drill/drill-pipeline.js';
import { DEFAULT, Rounds, SHORT, type Expected, type Round, type RoundKind } from './drill/rounds.js';

/** How many rounds of each kind; `npm run drill` makes many. */
const SCALE = Number(process.env['DRILL_SCALE'] ?? 0);
/** Rounds are kept in this file, one JSON object a line: a drill that was stopped continues where it was. */
const LOG = process.env['DRILL_LOG'];
const SEED = Number(process.env['DRILL_SEED'] ?? Date.now() % 1_000_000);
const STOCKS = 120;
const HOUR_MS = 3_600_000;

const KINDS: readonly (RoundKind & { readonly few: number; readonly share: number })[] = [
  { name: 'killed, on this machine', fault: 'kill', lease: SHORT, services: 1, few: 3, share: 0.45 },
  {
    name: 'killed, on another machine',
    fault: 'kill',
    lease: SHORT,
    isElsewhere: true,
    services: 1,
    few: 2,
    share: 0.2,
  },
  { name: 'killed, with five services', fault: 'kill', lease: SHORT, services: 5, few: 1, share: 0.05 },
  { name: 'killed, behind PgBouncer', fault: 'kill', lease: SHORT, pooled: true, services: 2, few: 1, share: 0.05 },
  {
    name: 'killed, at the defaults',
    fault: 'kill',
    lease: DEFAULT,
    isElsewhere: true,
    services: 1,
    few: 0,
    share: 0.05,
  },
  {
    name: 'suspended, and woken later',
    fault: 'suspend',
    lease: SHORT,
    services: 1,
    few: 1,
    share: 0.05,
  },
  {
    name: 'killed, clock an hour ahead',
    fault: 'kill',
    lease: SHORT,
    services: 1,
    skewMs: HOUR_MS,
    few: 0,
    share: 0.025,
  },
  {
    name: 'killed, clock an hour behind',
    fault: 'kill',
    lease: SHORT,
    services: 1,
    skewMs: -HOUR_MS,
    few: 0,
    share: 0.025,
  },
  { name: 'cut off from the database', fault: 'cut', lease: SHORT, services: 1, few: 1, share: 0.05 },
  { name: 'cut off and killed', fault: 'cut and kill', lease: SHORT, services: 1, few: 1, share: 0.05 },
];

const marketOn = (day: number): Listing[] =>
  Array.from({ length: STOCKS }, (_, index) => ({
    symbol: `S${index}`,
    cap: 1e8 * (1 + ((index * 7 + day * 11) % STOCKS)),
    close: 10 + ((index + day) % 5),
    sector: index % 2 === 0 ? 'Energy' : 'Technology',
  }));

describe(`a run whose process fails at any moment (DRILL_SEED=${SEED})`, function () {
  let base: TestDatabase;
  let admin: Database;
  let rounds: Rounds;
  let expected: Expected;
  const made: Round[] = [];

  this.timeout(120_000 + SCALE * 60_000);

  before(async () => {
    base = await createTestDatabase();
    const pipeline = await openDrillPipeline(base.url, DEFAULT);
    await writeListings(base.database, MONDAY, marketOn(0));
    await pipeline.run({ session: MONDAY });
    await pipeline.close({ drainMs: 0 });
    await writeListings(base.database, TUESDAY, marketOn(1));
    const { pathname } = new URL(base.url);
    const url = Object.assign(new URL(base.url), { pathname: '/postgres' }).href;
    admin = Database.connect({ url, poolSize: 2, connectTimeoutMs: 10_000 });
    rounds = new Rounds(admin, pathname.slice(1), base.url, new RandomStream(SEED));
    expected = await rounds.expect();
    for (const line of (await readFile(LOG ?? '/dev/null', 'utf8').catch(() => '')).split('\n').filter(Boolean))
      made.push(JSON.parse(line) as Round);
  });

  after(async () => {
    await admin.close();
    await base.drop();
    if (SCALE > 0) process.stderr.write(`${toTable(made)}\n`);
  });

  it('has an undisturbed run that publishes to compare with', () => {
    expect(expected.events).to.include('daily_processing_completed').and.include('cache_sync_completed');
    expect(Object.keys(expected.tables)).to.include.members(['public.cache_entries', 'pipeline.membership']);
    expect(expected.tables['public.cache_entries']).to.have.length.above(10);
  });

  for (const { few, share, ...kind } of KINDS) {
    const count = SCALE > 0 ? Math.max(1, Math.round(SCALE * share)) : few;
    if (count === 0) continue;
    it(`is finished as if nothing had happened: ${kind.name}, ${count} times`, async () => {
      for (let done = made.filter((round) => round.kind === kind.name).length; done < count; done += 1) {
        const round = await rounds.make(kind, expected);
        made.push(round);
        if (LOG !== undefined) await appendFile(LOG, `${JSON.stringify(round)}\n`);
      }

      const own = made.filter((round) => round.kind === kind.name);
      expect(own.filter(({ problems }) => problems.length > 0)).to.deep.equal([]);
      expect(own).to.have.length.at.least(count);
    });
  }
});

/** How many rounds of each kind there were, how many survived, and where the faults struck. */
function toTable(rounds: readonly Round[]): string {
  const lines = [...new Set(rounds.map(({ kind }) => kind))].map((kind) => {
    const own = rounds.filter((round) => round.kind === kind);
    const survived = own.filter(({ problems }) => problems.length === 0).length;
    const takeovers = own
      .flatMap(({ takeoverMs }) => (takeoverMs === null ? [] : [takeoverMs]))
      .toSorted((a, b) => a - b);
    const at = (share: number): string =>
      ((takeovers[Math.floor(share * (takeovers.length - 1))] ?? 0) / 1000).toFixed(2);
    return `${kind.padEnd(28)} ${survived} of ${own.length}, taken over ${takeovers.length}: median ${at(0.5)} s, 95 % ${at(0.95)} s, longest ${at(1)} s`;
  });
  const moments = new Map<string, number>();
  for (const { during } of rounds) moments.set(during, (moments.get(during) ?? 0) + 1);
  const places = [...moments]
    .toSorted(([, a], [, b]) => b - a)
    .map(([during, count]) => `  ${String(count).padStart(4)} ${during}`);
  return [...lines, 'struck during:', ...places].join('\n');
}
