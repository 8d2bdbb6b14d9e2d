import { formatDuration } from '../index.js';
import { writeLine, type Terminal } from './output.js';

const WIDTH = 30;

/** One progress bar for the whole range on a terminal; elsewhere only the lines written above it. */
export class BackfillBar {
  private readonly startedAtMs = Date.now();
  private line = '';

  constructor(private readonly terminal: Terminal) {}

  update(done: number, total: number, session?: string): void {
    const filled = Math.round((done / total) * WIDTH);
    const elapsedMs = Date.now() - this.startedAtMs;
    const left = done > 0 && done < total ? `, ${formatDuration((elapsedMs / done) * (total - done))} left` : '';
    this.line =
      `Backfill  ${'━'.repeat(filled)}${'─'.repeat(WIDTH - filled)}  ${done} of ${total}` +
      `${session ? `  ${session}` : ''}  ${formatDuration(elapsedMs)}${left}`;
    this.draw();
  }

  /** A line that stays, with the bar below it. */
  writeAbove(text: string): void {
    this.clear();
    writeLine(this.terminal.out, text);
    this.draw();
  }

  clear(): void {
    if (this.terminal.err.isTTY) this.terminal.err.write('\r\u001b[2K');
  }

  private draw(): void {
    if (!this.terminal.err.isTTY) return;
    this.clear();
    this.terminal.err.write(this.line.slice(0, (this.terminal.err.columns || 80) - 1));
  }
}
