import type { ExceptionKind } from '../kind.js';
import { marketCap } from './market-cap.js';
import { priceMove } from './price-move.js';
import { rename } from './rename.js';
import { sameCompany } from './same-company.js';

/** Every kind of exception, one line each. */
export const EXCEPTION_KINDS: readonly ExceptionKind[] = [priceMove, rename, sameCompany, marketCap];

/** @throws a defect for a kind that no migration allows */
export function findKind(id: string): ExceptionKind {
  const found = EXCEPTION_KINDS.find((kind) => kind.id === id);
  if (found === undefined) throw new Error(`there is no kind of exception ${id}`);
  return found;
}
