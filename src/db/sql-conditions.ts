/** SQL condition: whether a column is a number above 0, without NaN and infinity, as a price and a count of shares must be. */
export const isPositive = (column: string): string =>
  `(${column}::numeric > 0 and ${column}::numeric < 'Infinity'::numeric)`;
