import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createPipeline } from '../../src/container.js';
import type { UniverseTrial, Why } from '../../src/index.js';
import { runCommand } from '../support/cli-inside.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { importListings } from '../support/evenings.js';
import { MONDAY, TUESDAY, WEDNESDAY, type Listing } from '../support/market.js';

/** From Monday to Wednesday A rises by half, B falls by 5 %, C is unchanged, and PENNY doubles below a dollar. */
const CLOSES: Readonly<Record<string, readonly number[]>> = {
  A: [10, 12, 15],
  B: [100, 90, 95],
  C: [7, 7, 7],
  PENNY: [0.2, 0.3, 0.4],
};
const CAPS: Readonly<Record<string, number>> = { A: 3e9, B: 250e9, C: 5e9, PENNY: 60e6 };

function listingsOf(day: number): Listing[] {
  const stocks = Object.entries(CLOSES).map(([symbol, closes]): Listing => ({
    symbol,
    name: `${symbol} Inc.`,
    cap: Math.round((CAPS[symbol] ?? 0) * ((closes[day] ?? 0) / (closes[0] ?? 1))),
    close: closes[day] ?? null,
    sector: 'Energy',
  }));
  return [
    ...stocks,
    { symbol: 'FUND', type: 'ETF', close: 30 },
    { symbol: 'NEWS', cap: 4e9, close: day === 2 ? 9 : null },
  ];
}

const MOVERS = `rankings:
  - { key: movers, title: Movers, size: 2, measure: return, sessions: 2, minPriceUsd: 1 }
bands:
  - { key: huge, title: Huge, minUsd: 2.2e11 }
`;

describe('tickstock universe test', () => {
  let test: TestDatabase;
  let folder: string;

  before(async () => {
    test = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'tickstock-trial-'));
    for (const [day, session] of [MONDAY, TUESDAY, WEDNESDAY].entries())
      await importListings(test.database, session, listingsOf(day));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await test.drop();
  });

  const cli = (...args: string[]) => runCommand(args, { DATABASE_URL: test.url });
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const countRows = async (): Promise<unknown> =>
    (await test.database.pool.query('select count(*)::int as universes from pipeline.universe')).rows[0];

  it('shows what each step removes and who is left, and writes nothing', async () => {
    const file = await write('movers.yaml', MOVERS);

    const { exitCode, stdout, stderr } = await cli('universe', 'test', file, '--json');

    expect(exitCode, stderr).to.equal(0);
    const { session, universes } = JSON.parse(stdout) as UniverseTrial;
    expect(session).to.equal(WEDNESDAY);
    const [huge, movers] = universes;
    expect(movers?.steps).to.deep.equal([
      { step: 'securities with figures', removed: 0, left: 6 },
      { step: 'it is not a common stock (NOT_COMMON)', removed: 1, left: 5 },
      { step: 'price under $1', removed: 1, left: 4 },
      { step: 'no return over 2 sessions', removed: 1, left: 3 },
      { step: 'beyond the first 2', removed: 1, left: 2 },
    ]);
    expect(movers?.members.map(({ symbol, figure }) => [symbol, Math.round(figure ?? NaN)])).to.deep.equal([
      ['A', 50],
      ['C', 0],
    ]);
    expect(huge?.members.map(({ symbol }) => symbol)).to.deep.equal(['B']);
    expect(huge?.steps.at(-1)).to.deep.equal({ step: 'market cap outside of the band', removed: 4, left: 1 });
    expect(await countRows()).to.deep.equal({ universes: 0 });
  });

  it('answers for an earlier session, as a table', async () => {
    const file = await write('one.yaml', MOVERS.replace('sessions: 2', 'sessions: 1'));

    const { stdout, exitCode } = await cli('universe', 'test', file, '--as-of', TUESDAY, '--limit', '1');

    expect(exitCode).to.equal(0);
    expect(stdout)
      .to.include(`Movers (movers) on ${TUESDAY}: 2 stocks by return over one session`)
      .and.match(/1 +A +A Inc\. +20\.00 % +12\.00/)
      .and.include('… 1 more: --limit 2 or --json');
  });

  const REFUSED: Readonly<Record<string, readonly [text: string, problem: RegExp]>> = {
    'a file without rankings': ['complete: { stocks: 5 }\n', /has no rankings and no bands/],
    'a mistake, with its line': [
      'rankings:\n  - { key: movers, title: M, size: 2, mesure: return }\n',
      /:2.*mesure.*measure/s,
    ],
    'a measure without its sessions': [
      'rankings:\n  - { key: m, title: M, size: 2, measure: return }\n',
      /needs a number of sessions/,
    ],
  };
  for (const [what, [text, problem]] of Object.entries(REFUSED)) {
    it(`refuses ${what}`, async () => {
      const { exitCode, stderr, stdout } = await cli('universe', 'test', await write('refused.yaml', text));

      expect(exitCode).to.be.above(0);
      expect(stdout).to.equal('');
      expect(stderr).to.match(problem);
    });
  }

  it('refuses a file that is not there, and a session that was not imported', async () => {
    const missing = await cli('universe', 'test', join(folder, 'none.yaml'));
    const early = await cli('universe', 'test', await write('movers.yaml', MOVERS), '--as-of', '2026-06-01');

    expect(missing.exitCode).to.be.above(0);
    expect(missing.stderr).to.include('none.yaml').and.include('ENOENT');
    expect(early.exitCode).to.be.above(0);
    expect(early.stderr).to.include('nothing is recorded of 2026-06-01');
  });

  it('shows what a run publishes, and why tells place and figure', async () => {
    await write('universes.yaml', MOVERS);
    const environment = { DATABASE_URL: test.url, TICKSTOCK_CONFIG_DIR: folder };
    const pipeline = await createPipeline({ config: { dir: folder, options: { database: { url: test.url } } } });
    await pipeline.run({ session: WEDNESDAY, phases: ['cache-sync'], force: true });
    await pipeline.close();
    const ask = async (symbol: string) => {
      const { stdout } = await runCommand(['why', symbol, 'movers', '--json'], environment);
      return JSON.parse(stdout) as Pick<Why, 'sentences' | 'measure' | 'member'>;
    };

    const [member, other, cheap] = [await ask('C'), await ask('B'), await ask('PENNY')];
    const { rows } = await test.database.pool.query<{ symbol: string }>(
      `select symbol from pipeline.universe_members('movers') order by position`,
    );

    expect(rows.map(({ symbol }) => symbol)).to.deep.equal(['A', 'C']);
    expect(member.measure).to.deep.equal({
      name: 'return',
      sessions: 2,
      order: 'highest',
      figure: 0,
      place: 2,
      size: 2,
      candidates: 3,
      known: 3,
      last: { place: 2, symbol: 'C', figure: 0 },
      next: { place: 3, symbol: 'B', figure: -5 },
    });
    expect(member.sentences).to.include.members([
      'The universe takes the first 2 stocks by return over 2 sessions, highest first, of those with a price of at least $1.',
      'Its return over 2 sessions is 0.00 %: number 2 of 3.',
      'It leaves at place 3: with a return over 2 sessions under -5.00 % (that of B).',
    ]);
    expect(other.member).to.equal(false);
    expect(other.sentences).to.include('It enters at place 2: with a return over 2 sessions above 0.00 % (that of C).');
    expect(cheap.sentences).to.include('Its price is $0.4, and the universe takes $1 or more.');
  });
});
