/** The tables of TickStock that a run writes; their other tables, and those of a host, are none of this product's business. */
const SHARED = ['symbols', 'ohlcv_daily', 'cache_entries', 'daily_indicators'];

/** Whether a row of the server's catalogue is of a table that a run writes, as an SQL condition on two of its columns. */
export function isWritten(schema: string, table: string): string {
  return `(${schema} = 'pipeline' or (${schema} = 'public' and ${table} in (${SHARED.map((name) => `'${name}'`).join(', ')})))`;
}
