import type { Market, Valued } from '../valuation/market.js';
import type { Universe } from './rule.js';

type By = 'security' | 'company';

/** Reason of a class that joins or leaves because of another class of its company. */
const COMPANY_CLASS = 'COMPANY_CLASS';

/** The part of a stored policy that says what is counted; nothing for securities. */
export function toPolicy(by: By): { readonly by?: 'company' } {
  return by === 'company' ? { by } : {};
}

/** The classes of the members, and why other classes are none, of a universe that counts each company once. */
export function listClasses(by: By, { classes, securities }: Market): Pick<Universe, 'classes' | 'memberReasons'> {
  if (by === 'security') return {};
  const others = [...classes.values()].flat().filter((symbol) => isOtherClass(securities.get(symbol)));
  return { classes, memberReasons: new Map(others.map((symbol) => [symbol, COMPANY_CLASS])) };
}

/** Whether another class stands for the company. */
export function isOtherClass(valued: Valued | undefined): boolean {
  return valued !== undefined && valued.company !== null && valued.company !== valued.symbol;
}
