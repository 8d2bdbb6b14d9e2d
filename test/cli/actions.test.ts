import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MONDAY, TUESDAY } from '../support/market.js';
import { useBars } from '../securities/actions/actions-fixture.js';
import { runCommand } from '../support/cli-inside.js';

/** One user in a row: a split that the source has adjusted, and a move that it has not. */
describe('tickstock actions, exceptions and bars', () => {
  const { test, bring } = useBars();
  let folder: string;
  const cli = (...args: string[]) => runCommand(args, { DATABASE_URL: test().url });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-actions-'));
    await bring(MONDAY, { KLAC: [2411.64, null], PIPR: [298.99, null] });
    await bring(TUESDAY, { KLAC: [254.54, 241.164], PIPR: [73.81, 298.99] });
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('show what was found in the prices, and bars adjusted for it', async () => {
    const [actions, bars, csv, raw] = [
      await cli('actions'),
      await cli('bars', 'KLAC'),
      await cli('bars', 'KLAC', '--csv'),
      await cli('bars', 'PIPR', '--adjusted', 'none', '--json'),
    ];

    expect(actions.stdout).to.match(/1 {2}2026-06-23 {2}KLAC +split +10:1 +prices/);
    expect(bars.stdout).to.match(/2026-06-22 +KLAC +241.164 .*0.1\n/);
    expect(csv.stdout).to.equal(
      'session,ticker,open,high,low,close,volume,factor,is_held\n' +
        '2026-06-22,KLAC,,,,241.164,4150,0.1,false\n2026-06-23,KLAC,,,,254.54,3929,1,false\n',
    );
    expect(JSON.parse(raw.stdout)).to.deep.include.members([
      {
        session: TUESDAY,
        ticker: 'PIPR',
        open: null,
        high: null,
        low: null,
        close: 73.81,
        volume: 13548,
        factor: 1,
        exception: 1,
        is_held: false,
      },
    ]);
  });

  it('list, show and decide what nobody has explained, once', async () => {
    const [list, shown] = [await cli('exceptions'), await cli('exceptions', 'show', '1')];
    const approved = await cli('exceptions', 'approve', '1');
    const [again, none, all] = [
      await cli('exceptions', 'reject', '1'),
      await cli('exceptions'),
      await cli('exceptions', '--all'),
    ];

    expect(list.stdout).to.match(/1 {2}2026-06-23 {2}PIPR +UNADJUSTED +298.99 → 73.81 +4:1/);
    expect(shown.stdout).to.include('the close went from 298.99 (2026-06-22) to 73.81 at the usual dollar volume');
    expect(shown.stdout).to.include('Meanwhile: indicators that these closes enter are null.');
    expect(approved.stdout).to.match(/^Approved: exception 1\./);
    expect(again).to.include({ exitCode: 43, stdout: '' });
    expect(none.stdout).to.include('There are no open exceptions');
    expect(all.stdout).to.include('approved');
    expect((await cli('bars', 'PIPR')).stdout).to.match(/2026-06-22 +PIPR +74.7475/);
  });

  it('take a file of actions, all or none, and take back what was entered', async () => {
    const file = join(folder, 'actions.csv');
    await writeFile(
      file,
      '\uFEFFsymbol,session,kind,ratio,amount_usd\nPIPR,2026-06-23,split,4:1,\nKLAC,2026-06-23,cash_dividend,,2.3\n',
    );
    const imported = await cli('actions', 'import', file);
    const same = await cli('actions', 'import', file, '--json');
    await writeFile(file, 'symbol,session,kind,ratio\nPIPR,2026-06-23,split,1:4\nPIPR,2026-06-21,split,4:1\n');
    const wrong = await cli('actions', 'import', file);
    const { stdout } = await cli('actions', 'PIPR', '--json');
    const [{ id }] = JSON.parse(stdout) as [{ id: number }];
    const withdrawn = await cli('actions', 'withdraw', String(id));

    expect(imported.stdout).to.match(/^Recorded: 2 of 2\./);
    expect(JSON.parse(same.stdout)).to.deep.equal({ recorded: 0, unchanged: 2 });
    expect(wrong.exitCode).to.equal(40);
    expect(wrong.stderr).to.include('row 1: PIPR went from 298.99 to 73.81 on 2026-06-23, which 1:4 does not explain');
    expect(wrong.stderr).to.include('row 2: session "2026-06-21" is no trading session');
    expect(withdrawn.stdout).to.match(/^Withdrawn: corporate action/);
    expect((await cli('exceptions')).stdout).to.include('PIPR');
  });

  it('say what is wrong with a file or an entry', async () => {
    const file = join(folder, 'wrong.csv');
    const answers = [await cli('actions', 'import', join(folder, 'nowhere.csv'))];
    for (const text of ['', 'symbol,ratio\nA,2:1\n', 'symbol,session,kind\n"A,2026-06-23\n']) {
      await writeFile(file, text);
      answers.push(await cli('actions', 'import', file));
    }
    answers.push(
      await cli('actions', 'add', 'PIPR', TUESDAY, 'split', 'x'),
      await cli('exceptions', 'show', '9'),
      await cli('exceptions', 'show', 'x'),
      await cli('actions', 'withdraw', '1'),
      await cli('bars', 'NOPE'),
    );

    expect(answers.map(({ exitCode }) => exitCode)).to.deep.equal([12, 13, 13, 13, 40, 42, 2, 41, 22]);
    for (const { stderr } of answers) expect(stderr.trim().split('\n').length, stderr).to.be.at.least(2);
  });
});
