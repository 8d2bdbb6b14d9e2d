/** An exception as a message lists it. */
export interface ListedException {
  readonly id: number;
  readonly symbol: string;
  readonly kind: string;
}

const SHOWN = 8;

/** The exceptions `e` of a group as JSON, as an SQL expression; a hundred at most, because a command gets a message in its environment. */
export const FIRST_EXCEPTIONS = `jsonb_path_query_array(
    jsonb_agg(jsonb_build_object('id', e.id, 'symbol', e.symbol, 'kind', e.kind) order by e.symbol, e.id), '$[0 to 99]')`;

/** One line: `AAA (PRICE_MOVE), BBB (MARKET_CAP) and 3 more`. */
export function listExceptions(exceptions: readonly ListedException[], count: number): string {
  const shown = exceptions.slice(0, SHOWN).map(({ symbol, kind }) => `${symbol} (${kind})`);
  const more = count - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
