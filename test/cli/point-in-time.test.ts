import { expect } from 'chai';
import { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import { PassThrough } from 'node:stream';
import { loadCommands } from '../../src/cli/commands/index.js';
import type { Terminal } from '../../src/cli/output.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings } from '../support/market.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { evening, StoredHistory } from '../history/stored-history.js';

describe('questions to the past on the command line', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
    const history = new StoredHistory(test.database);
    await writeListings(test.database, MONDAY, [{ symbol: 'A', name: 'A Inc.' }, { symbol: 'B' }, { symbol: 'C' }]);
    for (const session of [MONDAY, TUESDAY]) await history.publish(session, evening(session));
    await history.addValuations(MONDAY, [{ symbol: 'B', cap: 10e9, rank: 2 }]);
    await history.addValuations(TUESDAY, [
      { symbol: 'A', cap: 30e9, rank: 1 },
      { symbol: 'C', cap: 20e9, rank: 2 },
      { symbol: 'B', cap: 10e9, rank: 3 },
    ]);
    const top = await history.addUniverse('top_2', { rule: 'ranking', of: 'all', size: 2 });
    await history.addLimits(top, TUESDAY, {
      kind: 'rank',
      of: 'stocks',
      group: null,
      candidates: 3,
      size: 2,
      enter_rank: 2,
      enter_symbol: 'C',
      leave_rank: 3,
      leave_symbol: 'B',
    });
    await history.addMembers(top, ['A'], { from: MONDAY });
    await history.addMembers(top, ['B'], { from: MONDAY, to: TUESDAY });
    await history.addMembers(top, ['C'], { from: TUESDAY });
    await history.addChanges(top, TUESDAY, { '+C': 'RANK_IN', '-B': 'RANK_OUT' });
  });

  after(async () => {
    await test.drop();
  });

  /** What a command writes; in this process, as one of its own takes a second to start. */
  const cli = (...args: string[]): Promise<string> => run(new PassThrough(), args);
  const run = async (stream: PassThrough & { isTTY?: boolean; columns?: number }, args: string[]): Promise<string> => {
    const out = stream.setEncoding('utf8');
    const signal = new AbortController().signal;
    const environment = { DATABASE_URL: test.url, NO_COLOR: '1' };
    const terminal: Terminal = { out, err: new PassThrough(), environment, signal, stopWithin: () => undefined };
    const program = new Command('tickstock').option('--json').exitOverride();
    for (const command of await loadCommands()) command.register(program, terminal, () => undefined);
    await program.parseAsync(args, { from: 'user' });
    return String(out.read() ?? '');
  };
  /** The same in a terminal of 80 columns. */
  const narrow = (...args: string[]): Promise<string> =>
    run(Object.assign(new PassThrough(), { isTTY: true, columns: 80 }), args);
  const refusalOf = (...args: string[]): Promise<unknown> => cli(...args).catch((error: unknown) => error);

  it('are answered in tables and sentences', async () => {
    const [universe, symbol, diff, why] = await Promise.all([
      cli('universe', 'top_2', '--as-of', MONDAY, '--known-at', '2026-06-23'),
      cli('symbol', 'A'),
      cli('diff', 'top_2', '--from', MONDAY, '--to', TUESDAY),
      cli('why', 'C', 'top_2', '--session', TUESDAY),
    ]);

    expect(universe)
      .to.include('Top 2 on 2026-06-22 as believed at 2026-06-24 03:59:59Z: 2 members')
      .and.match(/\n +\d +B /);
    expect(symbol)
      .to.include('A, A Inc. on 2026-06-23: 1 universe\n  type CS, rank 1, market cap $30.0B, close 10.00\n')
      .and.match(/top_2 +Top 2 +2026-06-22\n/);
    expect(diff)
      .to.include('Top 2 from 2026-06-22 to 2026-06-23: +1 −1 (2 members, then 2)\n')
      .and.match(/\+ +C +– +2026-06-23 +RANK_IN +2 +\$20\.0B\n +− +B +– +2026-06-23 +RANK_OUT +2 +\$10\.0B\n/);
    expect(why.split('\n')).to.include.members([
      'C is in Top 2 on 2026-06-23, number 2 of 2, since 2026-06-23: its rank came within the size (RANK_IN).',
      '  It leaves at rank 3 or a cap under $10.0B (that of B, 50.0 % lower than now).',
    ]);
  });

  it('give all of it as JSON, and are refused with what is known', async () => {
    const [why, unpublished, nameless] = await Promise.all([
      cli('why', 'C', 'top_2', '--json'),
      refusalOf('universe', 'top_2', '--as-of', WEDNESDAY),
      refusalOf('universe', '--as-of', MONDAY),
    ]);

    expect(JSON.parse(why)).to.include({ symbol: 'C', member: true, rank: 2, market_cap_usd: 20e9 });
    expect(unpublished).to.include({
      code: 'EOD_SESSION_INVALID',
      message: '2026-06-24 has not been published',
      hint: 'the newest published session is 2026-06-23',
    });
    expect(nameless).to.include({ code: 'EOD_USAGE' });
  });

  it('are answered as CSV, with the names of --json', async () => {
    const csv = async (...args: string[]): Promise<Record<string, string>[]> =>
      parse(await cli(...args, '--csv'), { columns: true });

    const members = await csv('universe', 'top_2');
    const diff = await csv('diff', 'top_2', '--from', MONDAY, '--to', TUESDAY);

    expect(members).to.deep.include({
      position: '1',
      symbol: 'A',
      name: 'A Inc.',
      market_cap_usd: '30000000000',
      close: '10',
      sector: '',
      industry: '',
      since: MONDAY,
    });
    expect(diff).to.deep.equal([
      {
        change: 'added',
        symbol: 'C',
        name: '',
        session: TUESDAY,
        reason: 'RANK_IN',
        rank: '2',
        market_cap_usd: '20000000000',
      },
      {
        change: 'removed',
        symbol: 'B',
        name: '',
        session: TUESDAY,
        reason: 'RANK_OUT',
        rank: '2',
        market_cap_usd: '10000000000',
      },
    ]);
    expect(await csv('symbol', 'A')).to.deep.equal([
      { universe: 'top_2', type: 'stock_universe', title: 'Top 2', since: MONDAY },
    ]);
    expect(await csv('universe')).to.have.length(1);
    expect((await csv('history')).length).to.be.at.least(1);
    const setting = (await csv('config')).find(({ path }) => path === 'run.retrySeconds');
    expect(setting).to.include({ value: '300' });
    expect(setting?.['origin']).to.match(/config\/tickstock\.yaml:\d+$/);
  });

  for (const name of ['holds', 'exceptions', 'actions', 'sessions', 'calendar', 'notify']) {
    it(`are answered by \`${name} --csv\` with a line of titles where there is nothing else`, async () => {
      const [titles = ''] = (await cli(name, '--csv')).split('\n');

      expect(titles).to.match(/^[a-z_]+(,[a-z_]+)+$/);
    });
  }

  it('fit a terminal of 80 columns', async () => {
    const questions = [
      ['universe'],
      ['universe', 'top_2'],
      ['symbol', 'A'],
      ['diff', 'top_2', '--from', MONDAY, '--to', TUESDAY],
      ['series', 'top_2'],
      ['history'],
      ['sessions'],
      ['calendar'],
      ['config'],
      ['config', '--explain'],
      ['db', 'size'],
    ];
    for (const question of questions) {
      const lines = (await narrow(...question)).split('\n');

      expect(
        lines.filter((line) => line.length > 80),
        question.join(' '),
      ).to.deep.equal([]);
    }
  });

  it('suggest the symbol that was meant: its letters, its name', async () => {
    const hintOf = async (symbol: string): Promise<unknown> =>
      ((await refusalOf('symbol', symbol)) as { hint?: string }).hint;

    expect(await hintOf('a')).to.equal('did you mean A (A Inc.)?');
    expect(await hintOf('a inc')).to.equal('did you mean A (A Inc.)?');
    expect(await hintOf('B.')).to.equal('did you mean B?');
    expect(await hintOf('%_%')).to.match(/^symbols are written as/);
    expect(await refusalOf('why', 'c', 'top_2')).to.include({ hint: 'did you mean C?' });
  });
});
