import { expect } from 'chai';
import { parseSessionDate } from '../../src/core/session.js';
import { formatDuration } from '../../src/progress/lines.js';
import { attachTerminal } from '../../src/progress/terminal.js';
import type { ProgressStream } from '../../src/progress/live-line.js';
import { ProgressTracker } from '../../src/progress/tracker.js';

const run = {
  runId: 'run',
  session: parseSessionDate('2026-06-30'),
  phases: [
    { id: 'import', title: 'Import' },
    { id: 'cache-sync', title: 'Cache sync' },
    { id: 'indicators', title: 'Indicators' },
  ],
};

class Screen implements ProgressStream {
  readonly written: string[] = [];
  readonly clock = { nowMs: 0, now: (): number => this.clock.nowMs };
  readonly tracker = new ProgressTracker(this.clock);

  constructor(
    readonly isTTY: boolean,
    readonly columns = 80,
  ) {
    this.tracker.startRun(run);
  }

  write(text: string): void {
    this.written.push(text);
  }

  get text(): string {
    return this.written.join('');
  }
}

describe('the terminal', () => {
  let detach = (): void => {};

  afterEach(() => detach());

  describe('that is a pipe', () => {
    it('gets a plain line when a phase starts and one when it ends', () => {
      const screen = new Screen(false);
      detach = attachTerminal(screen.tracker, screen, screen);

      screen.tracker.startPhase('import');
      screen.clock.nowMs = 210;
      screen.tracker.finishPhase('import', 'completed', '7,162\nrows');
      screen.tracker.startPhase('cache-sync');
      screen.clock.nowMs = 62_210;
      screen.tracker.finishPhase('cache-sync', 'failed', 'no\nspace');
      screen.tracker.finishPhase('indicators', 'skipped');

      expect(screen.text.split('\n')).to.deep.equal([
        '  Import …',
        '✔ Import          0.21 s  7,162 rows',
        '  Cache sync …',
        '✖ Cache sync  1 min 02 s  failed',
        '– Indicators              skipped',
        '',
      ]);
    });

    it('gets the quarters of a task that takes longer than two seconds, each once', () => {
      const screen = new Screen(false);
      detach = attachTerminal(screen.tracker, screen, screen);

      const task = screen.tracker.startPhase('import').startTask('load', 'Load bars', 8000);
      for (let second = 1; second <= 8; second++) {
        screen.clock.nowMs = second * 600;
        task.advance(1000);
      }

      expect(screen.text.split('\n')).to.deep.equal([
        '  Import …',
        '  Import: Load bars  50 %  4,000 of 8,000',
        '  Import: Load bars  75 %  6,000 of 8,000',
        '',
      ]);
    });

    it('gets no escape codes', () => {
      const screen = new Screen(false);
      detach = attachTerminal(screen.tracker, screen, { clock: screen.clock, color: true });

      screen.tracker.startPhase('import').startTask('load', 'Load bars', 2).advance(1);
      screen.tracker.finishPhase('import', 'completed');

      expect(screen.text).not.to.include('\r').and.not.to.include('\u001b');
    });
  });

  describe('that is a terminal', () => {
    it('shows title, bar, percent, times and what was done last, in place', () => {
      const screen = new Screen(true, 100);
      detach = attachTerminal(screen.tracker, screen, { clock: screen.clock, color: false });

      const task = screen.tracker.startPhase('import').startTask('load', 'Load bars', 8);
      screen.clock.nowMs = 3000;
      task.advance(2, 'AAPL');

      const last = screen.written.at(-1);
      expect(last).to.equal(`Import  ${'━'.repeat(5)}${'─'.repeat(15)}  25 %  3.00 s, 9.00 s left  Load bars: AAPL`);
      expect(screen.text).not.to.include('\n');
    });

    it('clears the line before a finished phase leaves its own', () => {
      const screen = new Screen(true);
      detach = attachTerminal(screen.tracker, screen, screen);

      screen.tracker.startPhase('import');
      screen.clock.nowMs = 210;
      screen.tracker.finishPhase('import', 'completed', '7,162 rows');

      const line = '\u001b[32m✔\u001b[39m Import          0.21 s  7,162 rows\n';
      expect(screen.written.slice(-2)).to.deep.equal(['\r\u001b[2K', line]);
    });

    it('redraws at most about twelve times a second', () => {
      const screen = new Screen(true);
      detach = attachTerminal(screen.tracker, screen, screen);

      const task = screen.tracker.startPhase('import').startTask('load', 'Load bars', 5000);
      for (let ms = 1; ms <= 1000; ms++) {
        screen.clock.nowMs = ms;
        task.advance(5);
      }

      expect(screen.written.filter((text) => text.includes('Import')).length).to.be.within(10, 13);
    });

    it('never fills the width, however long the names are', () => {
      for (const columns of [1, 10, 40, 80]) {
        const screen = new Screen(true, columns);
        detach = attachTerminal(screen.tracker, screen, { clock: screen.clock, color: false });

        screen.tracker.startPhase('import').startTask('load', 'A very long title '.repeat(9), 5);
        screen.clock.nowMs = 500;
        screen.tracker.startPhase('import').startTask('two', 'Two', 5);

        for (const text of screen.written) expect(text.replaceAll('\r', '').length).to.be.below(columns);
        detach();
      }
    });

    it('uses no escape codes without colour, and leaves an empty line when detached', () => {
      const screen = new Screen(true);
      detach = attachTerminal(screen.tracker, screen, { clock: screen.clock, color: false });

      screen.tracker.startPhase('import');
      const width = screen.written.at(-1)?.length ?? 0;
      detach();
      screen.tracker.finishPhase('import', 'completed');

      expect(screen.written.at(-1)).to.equal(`\r${' '.repeat(width)}\r`);
      expect(screen.text).not.to.include('\u001b');
    });
  });

  it('writes durations as people read them', () => {
    const written = [0, 214, 9_994, 9_996, 59_940, 59_960, 185_000, 3_599_600, 3_720_000].map(formatDuration);

    expect(written.slice(0, 5)).to.deep.equal(['0.00 s', '0.21 s', '9.99 s', '10.0 s', '59.9 s']);
    expect(written.slice(5)).to.deep.equal(['1 min 00 s', '3 min 05 s', '1 h 00 min', '1 h 02 min']);
  });
});
