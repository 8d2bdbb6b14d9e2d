import type { StatementRunner } from '../core/phase.js';
import { READ_COLUMNS } from './read-columns.sql.js';

/** A column as the server's catalogue has it. */
export interface TableColumn {
  readonly name: string;
  /** As `regtype` names it. */
  readonly type: string;
  readonly isRequired: boolean;
  /** Of text that may only be so long. */
  readonly maxLength: number | null;
}

/** Columns of a table that a host may have made its own way, in their order; none where there is no such table. */
export async function readTableColumns(runner: StatementRunner, table: string): Promise<readonly TableColumn[]> {
  return READ_COLUMNS.rows(runner, { table });
}
