import { styleText } from 'node:util';
import { FINDINGS_EXIT_CODE, type CheckResult } from '../../index.js';
import { loadCliConfig, withPipeline, type Command, type GlobalOptions } from '../command.js';
import { bold, dim, hasColor, writeJson, writeLine, type Terminal } from '../output.js';

export const doctorCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('doctor')
      .summary('check the database and its surroundings, each with its fix')
      .description(
        'Checks the schema, privileges, clocks, Redis, leases, waiting events, late sessions, memberships and the rows of\n' +
          `cache_entries, and names the fix of each finding. It writes nothing. Ends with ${FINDINGS_EXIT_CODE} when it has found something.`,
      )
      .addHelpText(
        'after',
        `\nExamples:\n  tickstock doctor\n  tickstock doctor --json | jq '.checks[] | select(.finding)'\n`,
      )
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        // A schema that is out of date is a finding; an embedded database that is not there yet is an error.
        await withPipeline(
          terminal,
          { config: loadCliConfig(options, terminal), schema: 'examine' },
          async (pipeline) => {
            const checks = await pipeline.examine();
            const findings = checks.filter(({ finding }) => finding !== null);
            if (options.json) writeJson(terminal, { findings: findings.length, checks });
            else writeChecks(terminal, checks, findings.length);
            setExitCode(findings.length === 0 ? 0 : FINDINGS_EXIT_CODE);
          },
        );
      });
  },
};

function writeChecks(terminal: Terminal, checks: readonly CheckResult[], findings: number): void {
  const color = hasColor(terminal, terminal.out);
  const mark = (isFine: boolean): string => {
    const sign = isFine ? '✔' : '✖';
    return color ? styleText(isFine ? 'green' : 'red', sign, { validateStream: false }) : sign;
  };
  const width = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, title, finding } of checks) {
    writeLine(terminal.out, `${mark(finding === null)} ${check.padEnd(width)}  ${finding?.problem ?? title}`);
    if (finding) writeLine(terminal.out, `  ${''.padEnd(width)}  ${dim(finding.fix, color)}`);
  }
  const count = findings === 1 ? 'One finding' : `${findings} findings`;
  writeLine(terminal.out, bold(findings === 0 ? 'Nothing is wrong.' : `${count} of ${checks.length} checks.`, color));
}
