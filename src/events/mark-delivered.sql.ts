import { arrayOf, bigint, instant } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Marks events as delivered.
 *
 * Parameters: the `commit_seq` of one page, as one array: with one parameter each, every page size would be another statement.
 * Index:      outbox_commit_seq_idx.
 */
export const MARK_DELIVERED = statement({
  parameters: { at: instant, commitSeqs: arrayOf(bigint) },
  row: {},
  text: 'update pipeline.outbox set published_at = $1 where commit_seq = any($2::bigint[])',
});
