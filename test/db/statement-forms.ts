import { mergeBars } from '../../phases/import/merge-bars.sql.js';
import { MERGE_EXPIRING_INDICATORS } from '../../phases/indicators/merge-indicators.sql.js';
import type { Statement } from '../../src/db/statement.js';

/** A statement as it is for one kind of host's tables. */
export interface StatementForm {
  readonly name: string;
  readonly statement: Statement;
  /** SQL that makes such tables. */
  readonly setup?: string;
}

/**
 * Statements that depend on the tables of a host: what a file exports of them, a statement or a function that makes one, with a form for each kind of
 * table.
 */
export const STATEMENT_FORMS: ReadonlyMap<unknown, readonly StatementForm[]> = new Map<unknown, StatementForm[]>([
  [
    mergeBars,
    [
      { name: 'no price required', statement: mergeBars(new Set()) },
      { name: 'every price required', statement: mergeBars(new Set(['open', 'high', 'low'])) },
    ],
  ],
  [
    MERGE_EXPIRING_INDICATORS,
    [
      {
        name: 'with an expiration date',
        statement: MERGE_EXPIRING_INDICATORS,
        setup: 'alter table daily_indicators add expiration_date timestamptz',
      },
    ],
  ],
]);
