import { arrayOf, bigint, instant } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Marks events as delivered.
 *
 * Parameters: their positions, of one page; as one array: a parameter a position would be another statement for every size of a page.
 * Index:      outbox_position_idx.
 */
export const MARK_DELIVERED = statement({
  parameters: { at: instant, positions: arrayOf(bigint) },
  row: {},
  text: 'update pipeline.outbox set published_at = $1 where position = any($2::bigint[])',
});
