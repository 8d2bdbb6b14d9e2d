import { styleText } from 'node:util';

/** The part of a terminal or pipe that is written to; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A line at the end of a terminal that is redrawn in place. On a stream that is not a terminal nothing is drawn. */
export class LiveLine {
  private line = '';
  private bar = '';
  private shownWidth = 0;

  constructor(
    private readonly stream: ProgressStream,
    private readonly color: boolean,
  ) {}

  /** Draws `title  bar  rest`, cut to the width of the terminal. */
  draw({ title, bar, rest }: LineParts): void {
    // The last column stays free: a full line would wrap on some terminals and could not be redrawn.
    const width = (this.stream.columns || 80) - 1;
    const full = `${title}  ${bar}  ${rest}`;
    this.line = full.length <= width ? full : `${full.slice(0, Math.max(0, width - 1))}…`.slice(0, width);
    this.bar = bar;
    this.redraw();
  }

  /** Runs `write`, which leaves whole lines, with the live line out of the way. */
  writeAbove(write: () => void): void {
    this.clear();
    write();
    this.redraw();
  }

  clear(): void {
    if (this.shownWidth > 0) this.stream.write(this.color ? '\r\u001b[2K' : `\r${' '.repeat(this.shownWidth)}\r`);
    this.shownWidth = 0;
  }

  private redraw(): void {
    if (this.stream.isTTY !== true || this.line === '') return;
    this.clear();
    const { line, bar } = this;
    // Whether there are colours is the caller's decision, so the environment is not asked again.
    this.stream.write(this.color ? line.replace(bar, () => styleText('cyan', bar, { validateStream: false })) : line);
    this.shownWidth = line.length;
  }
}

/** A line of progress; `rest` holds what may be cut off, most important first. */
export interface LineParts {
  readonly title: string;
  readonly bar: string;
  readonly rest: string;
}
