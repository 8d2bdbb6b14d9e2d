import { PipelineError } from '../core/errors.js';
import type { Database } from '../db/database.js';
import { SUGGEST_SYMBOLS } from './suggest-symbols.sql.js';

/** Shorter texts are in many names. */
const LEAST_NAME = 3;

/** EOD_SYMBOL_UNKNOWN, with the symbols that were probably meant. */
export async function unknownSymbol(
  database: Database,
  symbol: string,
  message = `there is no symbol "${symbol}"`,
): Promise<PipelineError> {
  const pattern = symbol.length < LEAST_NAME ? null : `%${symbol.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const found = await SUGGEST_SYMBOLS.rows(database.pool, { symbol, pattern });
  const meant = found
    .filter((row) => row.symbol !== symbol)
    .map((row) => `${row.symbol}${row.name === null ? '' : ` (${row.name})`}`);
  return new PipelineError('EOD_SYMBOL_UNKNOWN', message, {
    hint:
      meant.length === 0
        ? 'symbols are written as the import has them, in capital letters, for example BRK.B or BRK/B'
        : `did you mean ${meant.join(', or ')}?`,
  });
}
