import { styleText } from 'node:util';

/** The part of a terminal or pipe that is used; `process.stderr` has it. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A line at the end of a terminal that is redrawn in place. Nothing is drawn when the stream is not a terminal. */
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
    // The last column stays free: on some terminals a full line would wrap and could not be redrawn.
    const width = (this.stream.columns || 80) - 1;
    const full = `${title}  ${bar}  ${rest}`;
    this.line = full.length <= width ? full : `${full.slice(0, Math.max(0, width - 1))}…`.slice(0, width);
    this.bar = bar;
    this.redraw();
  }

  /** Hides the live line while `write` writes whole lines. */
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
    // The caller decides about colours, so the environment is not read again.
    this.stream.write(this.color ? line.replace(bar, () => styleText('cyan', bar, { validateStream: false })) : line);
    this.shownWidth = line.length;
  }
}

/** A progress line; `rest` may be cut off, so it has the most important part first. */
export interface LineParts {
  readonly title: string;
  readonly bar: string;
  readonly rest: string;
}
