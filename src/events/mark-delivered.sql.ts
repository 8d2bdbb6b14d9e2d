import { arrayOf, bigint, instant } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Marks events as delivered.
 *
 * Parameters: the positions of one page, as one array: with one parameter per position every page size would be another statement.
 * Index:      outbox_position_idx.
 */
export const MARK_DELIVERED = statement({
  parameters: { at: instant, positions: arrayOf(bigint) },
  row: {},
  text: 'update pipeline.outbox set published_at = $1 where position = any($2::bigint[])',
});
