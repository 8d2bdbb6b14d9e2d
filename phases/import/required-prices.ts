import type { PoolClient } from 'pg';
import { readTableColumns } from '../../src/db/table-columns.js';

/** Prices of a bar that a source may lack. */
export const OPTIONAL_PRICES = ['open', 'high', 'low'] as const;

export type OptionalPrice = (typeof OPTIONAL_PRICES)[number];

/**
 * The prices among open, high and low that an adopted `ohlcv_daily` requires (`not null`).
 *
 * A bar whose source lacks them gets its close there: a bar without a range is all that is known of the session.
 */
export async function readRequiredPrices(client: PoolClient): Promise<ReadonlySet<OptionalPrice>> {
  const columns = await readTableColumns(client, 'public.ohlcv_daily');
  const required = new Set(columns.filter(({ isRequired }) => isRequired).map(({ name }) => name));
  return new Set(OPTIONAL_PRICES.filter((name) => required.has(name)));
}

/**
 * The select of the staged bars: `stage` as imported, with the required prices filled in.
 *
 * Edges: a range that another source wrote is kept. A stored bar without a range may have been filled in here, so it follows a corrected
 *        close.
 */
export function selectStagedBars(required: ReadonlySet<OptionalPrice>): string {
  const prices = OPTIONAL_PRICES.map((name) =>
    required.has(name)
      ? `coalesce(stage.${name}, case when (old.open, old.high, old.low) is distinct from (old.close, old.close, old.close) then old.${name} end, stage.close)`
      : `stage.${name}`,
  );
  const joined = 'left join public.ohlcv_daily old on old.symbol = stage.symbol and old.date = stage.date';
  return `select stage.symbol, stage.date, ${prices.join(', ')}, stage.close, stage.volume
       from bar_stage stage ${required.size > 0 ? joined : ''}`;
}
