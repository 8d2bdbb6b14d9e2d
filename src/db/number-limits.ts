import type { TableColumn } from './table-columns.js';

/** What a number column can store. */
export interface NumberLimit {
  readonly column: string;
  /** As SQL names the type, for example `numeric(10,2)`. */
  readonly type: string;
  /** Values are rounded to so many digits after the point; null: to as many as a number of JavaScript has. */
  readonly scale: number | null;
  /** Larger ones, rounded, are refused by the server. */
  readonly max: number;
}

const INTEGERS: Readonly<Record<string, number>> = { smallint: 2 ** 15 - 1, integer: 2 ** 31 - 1, bigint: 2 ** 63 };

/** The limit of a column; null: it stores every number that a source has. */
export function toNumberLimit({ name, type, precision, scale }: TableColumn): NumberLimit | null {
  const max = INTEGERS[type];
  if (max !== undefined) return { column: name, type, scale: 0, max };
  if (precision === null || scale === null) return null;
  const top = 10 ** (precision - scale);
  return { column: name, type: `${type}(${precision},${scale})`, scale, max: top - 10 ** -scale };
}

/** The value as the column stores it; null: it does not, or as nothing but zero. */
export function storeNumber(value: number, { scale, max }: NumberLimit): number | null {
  const stored = scale === null ? value : Number(value.toFixed(Math.min(100, Math.max(0, scale))));
  return Math.abs(stored) > max || (stored === 0 && value !== 0) ? null : stored;
}
