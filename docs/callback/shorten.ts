/** Omitted entries are replaced by a note: `"… 95 more"`. */
export const MORE = '… ';
const SHOWN_TEXTS = 3;
const SHOWN_OBJECTS = 1;
const SHOWN_COUNTS = 3;

/**
 * Shortens long lists and long tables of counts, visibly.
 *
 * Edges: a list with one entry more than the limit is shown in full. The rest of a table of counts is one entry with their sum, so that the
 *        total and the form stay right.
 */
export function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return shortenList(value);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => [key, shorten(entry)]);
  const isCounts = entries.length > SHOWN_COUNTS + 1 && entries.every(([key]) => !(key in NAMED_COUNTS));
  if (!isCounts || !entries.every(([, entry]) => typeof entry === 'number')) return Object.fromEntries(entries);
  const rest = entries.slice(SHOWN_COUNTS);
  const sum = rest.reduce((total, [, entry]) => total + Number(entry), 0);
  return Object.fromEntries([...entries.slice(0, SHOWN_COUNTS), [`${MORE}${rest.length} more`, sum]]);
}

/** Objects of numbers whose keys are fields, not names. */
const NAMED_COUNTS = { total_jobs_7d: true };

function shortenList(list: readonly unknown[]): unknown[] {
  const shown = list.some((entry) => typeof entry === 'object' && entry !== null) ? SHOWN_OBJECTS : SHOWN_TEXTS;
  if (list.length <= shown + 1) return list.map(shorten);
  return [...list.slice(0, shown).map(shorten), `${MORE}${list.length - shown} more`];
}
