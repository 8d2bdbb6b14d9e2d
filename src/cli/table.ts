import Table from 'cli-table3';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Terminal } from './output.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /**
   * What happens where the terminal is too narrow: such columns are left out, the last one first; then the texts of others are cut. Without
   * either, and after both, the last column is wrapped.
   */
  readonly narrow?: 'drop' | 'cut';
}

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((name) => [name, '']),
);

const INDENT = 2;
const GAP = 2;
/** Cut and wrapped columns stay readable; a terminal that is narrower still has longer lines. */
const LEAST_CUT = 12;
const LEAST_WRAPPED = 16;

/** Columns of a terminal; undefined where the output is a file or a pipe, whose lines may have any length. */
export function widthOf({ out }: Terminal): number | undefined {
  return out.isTTY === true && out.columns ? out.columns : undefined;
}

/**
 * Columns under their titles, two spaces apart, indented by two; no trailing white space.
 *
 * @param width columns of the terminal; without one every cell is shown whole
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) => row.map(toOneLine));
  const fitted = fit(columns, cells, width);
  const shown = fitted.map(({ index }) => columns[index]);
  const hasTitles = columns.some((column) => column.title !== '');
  const table = new Table({
    ...(hasTitles && { head: shown.map((column) => column?.title ?? '') }),
    colAligns: shown.map((column) => column?.align ?? 'left'),
    colWidths: fitted.map((column) => column.width),
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...cells.map((row) => fitted.map((column) => toWidth(row[column.index] ?? '', column))));
  return table
    .toString()
    .split('\n')
    .map((line) => `${' '.repeat(INDENT)}${line}`.trimEnd())
    .join('\n');
}

interface FittedColumn {
  readonly index: number;
  readonly width: number;
  readonly isCut: boolean;
}

function fit(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): FittedColumn[] {
  const natural = columns.map(({ title }, index) => {
    return rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index] ?? '')), stringWidth(title));
  });
  let fitted = natural.map((size, index): FittedColumn => ({ index, width: size, isCut: false }));
  const excess = (): number => {
    const gaps = INDENT + GAP * (fitted.length - 1);
    return fitted.reduce((sum, column) => sum + column.width, gaps) - width;
  };
  for (const { index } of fitted.toReversed()) {
    if (excess() > 0 && columns[index]?.narrow === 'drop') fitted = fitted.filter((column) => column.index !== index);
  }
  const cuttable = fitted.filter(({ index }) => columns[index]?.narrow === 'cut');
  for (const { index } of cuttable.toSorted((left, right) => right.width - left.width)) {
    const target = fitted.find((column) => column.index === index);
    if (target === undefined || excess() <= 0) break;
    const size = Math.max(Math.min(target.width, LEAST_CUT), target.width - excess());
    fitted = fitted.map((column) => (column.index === index ? { index, width: size, isCut: true } : column));
  }
  const last = fitted.at(-1);
  if (last !== undefined && excess() > 0 && columns[last.index]?.align !== 'right') {
    const size = Math.max(Math.min(last.width, LEAST_WRAPPED), last.width - excess());
    fitted = [...fitted.slice(0, -1), { ...last, width: size }];
  }
  return fitted;
}

function toWidth(text: string, { width, isCut }: FittedColumn): string {
  if (stringWidth(text) <= width) return text;
  // The table cuts what is too wide for its column, with an ellipsis.
  return isCut ? text : wrapAnsi(text, width, { hard: true });
}

/** Names come from feeds; control characters must not reach the terminal. */
function toOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
