import { text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Exports the snapshot of this transaction, so that another connection reads the same rows. */
export const EXPORT_SNAPSHOT = statement({
  parameters: {},
  row: { snapshot: text },
  text: `
    select pg_export_snapshot() as snapshot`,
});
