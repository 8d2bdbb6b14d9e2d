import type { SessionDate } from '../../src/core/session.js';

/** How a source would read its files, before anything is written. */
export interface SourceCheck {
  readonly source: string;
  /** The form that the files are read in. */
  readonly form: string;
  readonly place: string;
  readonly files: number;
  readonly sessions: { readonly count: number; readonly first: SessionDate; readonly last: SessionDate };
  /** The session that was read, and what was found in it. */
  readonly session: SessionDate;
  readonly rows: number;
  readonly refused: number;
  /** Of refused rows: how many for each reason, and the first few. */
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly refusedExamples: readonly string[];
  /** Fields that are read, from which column, and what the first rows have there. */
  readonly fields: readonly CheckedField[];
  /** Columns that are not read. */
  readonly unread: readonly string[];
  /** What a user should know or correct first, each with what to do. */
  readonly problems: readonly string[];
}

interface CheckedField {
  readonly field: string;
  /** Null: not from a column, such as a symbol from the name of the file. */
  readonly column: string | null;
  /** Of the first rows, as they were read. */
  readonly values: readonly (string | number | boolean | null)[];
}
