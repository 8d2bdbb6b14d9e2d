import { stringify } from 'csv-stringify/sync';
import { toSnakeCase } from '../core/snake-case.js';
import type { Terminal } from './output.js';

export const CSV_HELP = 'comma-separated values instead of a table';

/**
 * Rows as CSV with a line of titles, which are the names of `--json`. Lists are separated by spaces; a text that a spreadsheet would run as a
 * formula is escaped, because names come from feeds.
 */
export function writeCsv<Row extends object>(
  { out }: Terminal,
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): void {
  const titles = Object.keys(toSnakeCase(Object.fromEntries(columns.map((column) => [column, '']))));
  const cells = rows.map((row) => columns.map((column) => toCell(row[column])));
  out.write(stringify([titles, ...cells], { escape_formulas: true }));
}

function toCell(value: unknown): string | number {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.map(toCell).join(' ') : JSON.stringify(value);
}
