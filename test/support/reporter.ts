import { reporters, type Runner, type MochaOptions } from 'mocha';

/** The spec reporter, with a last line that CI can count: `N passed, N failed`. */
export default class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    process.on('exit', () => {
      const { passes, failures, pending } = this.stats;
      process.stdout.write(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}\n`);
    });
  }
}
