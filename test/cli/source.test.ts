import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { runCommand } from '../support/cli-inside.js';

const BARS = ['date,symbol,close,change,volume', '2026-06-29,ALDA,52.1,0.9,1800', '2026-06-30,ALDA,53.55,1.45,2200'];
const SYMBOLS = ['symbol,name,type,shares', 'ALDA,Alderbeck Semiconductor Corp,CS,4100000000'];

describe('tickstock source check', () => {
  let folder: string;
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  const check = (...args: string[]) => runCommand(['source', 'check', ...args], {});

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tickstock-source-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('shows which column is which field, and ends with 0 when nothing is to be corrected', async () => {
    const bars = write('bars.csv', BARS);

    const { exitCode, stdout } = await check(bars, '--reference', write('symbols.csv', SYMBOLS));

    expect(exitCode, stdout).to.equal(0);
    expect(stdout)
      .to.include('1 file, 2 sessions, 2026-06-29 to 2026-06-30')
      .and.include('2026-06-30: 1 row, 0 refused');
    expect(stdout)
      .to.match(/close +close +53\.55/)
      .and.match(/previousClose +change +52\.1/);
    expect(stdout).to.include('Nothing to correct.').and.include(`tickstock run --source csv --dir ${bars}`);
  });

  it('names refused rows and what is missing, as JSON too, and ends with 47', async () => {
    const bars = write('bars.csv', [...BARS, '2026-06-30,BAD,0,,1', '2026-06-30,LONG,10.1234567,,1']);

    const { exitCode, stdout } = await check(bars, '--json');
    const human = await check(bars);

    expect([exitCode, human.exitCode]).to.deep.equal([47, 47]);
    const found = JSON.parse(stdout) as Record<string, unknown>;
    expect(found).to.include({ source: 'csv', session: '2026-06-30', rows: 3, refused: 1 });
    expect(found['refused_by_reason']).to.deep.equal({ PRICE_INVALID: 1 });
    expect(found['sessions']).to.deep.equal({ count: 2, first: '2026-06-29', last: '2026-06-30' });
    const problems = (found['problems'] as string[]).join('\n');
    expect(problems)
      .to.include('1 of 2 closes have more than four decimals')
      .and.include('2 of 2 symbols without a type');
    expect(human.stdout).to.include('row 4 of bars.csv: close is "0"');
  });

  it('asks for what a preset adjusts, and for figures that bands and rankings need', async () => {
    write('alda.us.txt', ['<TICKER>,<DATE>,<CLOSE>,<VOL>', 'ALDA.US,20260630,53.55,2200']);
    const reference = write('symbols.tsv', ['symbol\ttype', 'ALDA\tCS']);

    const { stdout } = await check(folder, '--preset', 'stooq', '--reference', reference, '--json');

    const { problems, form } = JSON.parse(stdout) as { problems: string[]; form: string };
    expect(form).to.equal('Stooq');
    expect(problems.join('\n'))
      .to.include('Stooq adjusts prices')
      .and.include('1 common stock without a market cap or shares');
    expect(problems.join('\n')).to.include('no previous close or change');
  });

  it('reads the session that is asked for, and names the nearest where it is absent', async () => {
    const bars = write('bars.csv', BARS);

    const older = await check(bars, '--session', '2026-06-29', '--json');
    const absent = await check(bars, '--session', '2026-06-26');
    const unknown = await check(bars, '--preset', 'nobody');
    const other = await check('--source', 'existing');

    expect(JSON.parse(older.stdout)).to.include({ session: '2026-06-29' });
    expect(absent.stderr).to.include('has no rows of 2026-06-26').and.include('nearest: --session 2026-06-29');
    expect(unknown.stderr).to.include('Allowed choices are none, massive, stooq, yahoo');
    expect(other.stderr).to.include('the source "existing" has no files that can be checked');
    expect([absent, unknown, other].map(({ exitCode }) => exitCode === 0)).to.deep.equal([false, false, false]);
  });

  it('fits a terminal of 80 columns', async () => {
    const name = `a${'-long'.repeat(12)}-name`;
    const bars = write('bars.csv', [
      `${BARS[0] ?? ''},name`,
      `2026-06-30,ALDA,53.55,1.45,2200,${name}`,
      `2026-06-30,BRYN,18.2,0,10,${name}`,
    ]);
    const out = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const { runProgram } = await import('../../src/cli/program.js');

    await runProgram(['source', 'check', bars], {
      out,
      err: new PassThrough(),
      environment: {},
      signal: new AbortController().signal,
      stopWithin: () => undefined,
    });

    const table = String(out.read())
      .split('\n')
      .filter((line) => line.includes('name'));
    expect(table.length).to.be.above(0);
    for (const line of table.filter((each) => !each.includes(folder) && !each.startsWith('  !')))
      expect(line.length).to.be.at.most(80);
  });
});
