/** One measured figure and its limit. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | 'MB' | 'rows' | 'x';
  /** The upper limit; absent for a figure without one. */
  readonly bar?: number;
  /** Details: the single values, or what was done. */
  readonly note?: string;
}

function isOver({ value, bar }: Figure): boolean {
  return bar !== undefined && value > bar;
}

/** Prints the figures, as a table or as JSON, and sets the exit code: 1 when a bar is missed. */
export function reportFigures(title: string, figures: readonly Figure[], asJson: boolean): void {
  if (asJson)
    console.log(JSON.stringify({ title, figures: figures.map((figure) => ({ ...figure, over: isOver(figure) })) }));
  else console.log([`\n${title}`, ...toTable(figures)].join('\n'));
  if (figures.some(isOver)) process.exitCode = 1;
}

function toTable(figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => [
    figure.name,
    formatFigure(figure.value, figure.unit),
    figure.bar === undefined ? '' : `≤ ${formatFigure(figure.bar, figure.unit)}`,
    figure.bar === undefined ? '' : isOver(figure) ? 'OVER' : 'ok',
    figure.note ?? '',
  ]);
  // Notes may be of any length.
  return alignColumns(rows, 4);
}

/** The first column is aligned left, the others right; columns from `aligned` on are not aligned. */
export function alignColumns(rows: readonly (readonly string[])[], aligned: number = rows[0]?.length ?? 0): string[] {
  const widths = Array.from({ length: aligned }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

export function formatFigure(value: number, unit: Figure['unit']): string {
  const digits = unit === 'x' || unit === 's' ? 2 : 0;
  return unit === 'x' ? `${value.toFixed(digits)}×` : `${value.toFixed(digits)} ${unit}`;
}

export function median(values: readonly number[]): number {
  const ascending = values.toSorted((left, right) => left - right);
  const middle = ascending.length >> 1;
  const [low = NaN, high = NaN] = [ascending[middle - 1], ascending[middle]];
  return ascending.length % 2 === 1 ? high : (low + high) / 2;
}

export function listMs(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(' ');
}
