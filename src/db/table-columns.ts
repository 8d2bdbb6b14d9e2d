import type { StatementRunner } from '../core/phase.js';
import { READ_COLUMNS } from './read-columns.sql.js';

/** A column in the server's catalogue. */
export interface TableColumn {
  readonly name: string;
  /** The name that `regtype` gives. */
  readonly type: string;
  readonly isRequired: boolean;
  /** The maximum length of text that has one. */
  readonly maxLength: number | null;
  /** Digits of a `numeric` that limits them, and those of them after the point. */
  readonly precision: number | null;
  readonly scale: number | null;
}

/** Columns of a table that a host may have created differently, in order; none when the table does not exist. */
export async function readTableColumns(runner: StatementRunner, table: string): Promise<readonly TableColumn[]> {
  return READ_COLUMNS.rows(runner, { table });
}
