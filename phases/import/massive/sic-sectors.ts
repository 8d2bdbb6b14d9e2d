import type { Config } from '../../../src/config/schema/index.js';

/** The sector of a SIC code by `config.sic`: of the ranges that have it, the narrowest; null in none. */
export function createSicSectors(sic: Config['sic']): (code: string | null) => string | null {
  const ranges = sic
    .map(({ codes, sector }) => {
      const [first = '', last = first] = codes.split('-');
      return { first: Number(first), last: Number(last), sector };
    })
    .toSorted((left, right) => left.last - left.first - (right.last - right.first));
  return (code) => {
    if (code === null) return null;
    const number = Number(code);
    return ranges.find(({ first, last }) => number >= first && number <= last)?.sector ?? null;
  };
}
