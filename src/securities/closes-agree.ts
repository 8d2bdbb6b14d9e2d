/** SQL: closes agree within half a cent, or 0.05 % of the price, because sources round what they adjust for dividends. */
export const agree = (quoted: string, close: string): string =>
  `abs(${quoted} - ${close}) <= greatest(0.0051, 0.0005 * ${close})`;
