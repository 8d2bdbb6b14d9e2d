import { expect } from 'chai';
import { runCli } from '../support/cli.js';
import { runProcess } from '../support/run-process.js';

describe('tickstock completion bash', () => {
  let script: string;

  before(async () => {
    const { exitCode, stdout } = await runCli(['completion', 'bash']);
    expect(exitCode).to.equal(0);
    script = stdout;
  });

  /** What a Tab after these words offers, in a real bash. */
  async function complete(...words: string[]): Promise<string[]> {
    const line = words.map((word) => `'${word}'`).join(' ');
    const ask = `${script}
COMP_WORDS=(tickstock ${line}); COMP_CWORD=${words.length}
_tickstock; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { exitCode, stdout, stderr } = await runProcess('bash', ['-c', ask], { folder: '.' });
    expect(exitCode, stderr).to.equal(0);
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('completes commands, and those of a command', async () => {
    expect(await complete('un')).to.deep.equal(['universe']);
    expect(await complete(''))
      .to.include.members(['run', 'holds', 'completion'])
      .and.not.include('--config');
    expect(await complete('--con')).to.deep.equal(['--config']);
    expect(await complete('holds', 'a')).to.deep.equal(['approve']);
    expect(await complete('--json', 'db', 'mi')).to.deep.equal(['migrate']);
  });

  it('completes options, also those of the program, and the values of options that have few', async () => {
    expect(await complete('universe', 'top_50', '--as')).to.deep.equal(['--as-of']);
    expect(await complete('universe', '--js')).to.deep.equal(['--json']);
    expect(await complete('bars', 'A', '--adjusted', '')).to.deep.equal(['none', 'split', 'total']);
    expect(await complete('completion', 'b')).to.deep.equal(['bash']);
  });

  it('leaves files to bash', async () => {
    expect(await complete('actions', 'import', 'spl')).to.deep.equal([]);
    expect(await complete('actions', 'import', '')).to.deep.equal([]);
  });

  it('refuses a shell that it does not know', async () => {
    const { exitCode, stderr } = await runCli(['completion', 'csh']);

    expect(exitCode).to.equal(2);
    expect(stderr).to.include('Allowed choices are bash');
  });
});
