import { PipelineError } from '../../../src/core/errors.js';
import type { MarketSource, SourceFeed, SourceRequest } from '../source.js';

/** The host has written `symbols` and `ohlcv_daily` itself: the source only checks that the session is there. */
export class ExistingSource implements MarketSource {
  readonly id = 'existing';
  readonly title = 'bars already in the database';

  async open(request: SourceRequest): Promise<SourceFeed> {
    const { client } = request.transaction;
    const { rows } = await client.query<{ bars: number; unknown: number; symbols: number; newest: string | null }>(
      `select count(*)::int as bars,
              (count(*) filter (where s.symbol is null))::int as "unknown",
              (select count(*)::int from symbols where active) as symbols,
              (select to_char(max(date), 'YYYY-MM-DD') from ohlcv_daily) as newest
       from ohlcv_daily b left join symbols s on s.symbol = b.symbol
       where b.date = $1`,
      [request.session],
    );
    const found = rows[0];
    if (found === undefined || found.bars === 0) {
      throw new PipelineError('EOD_SOURCE_MISSING', `ohlcv_daily has no bars of ${request.session}`, {
        hint: found?.newest
          ? `its newest session is ${found.newest}: add --session ${found.newest}, or load the bars first`
          : 'load the bars first, or choose another source with --source screener --dir PATH',
      });
    }
    const warnings = found.unknown > 0 ? [`${found.unknown} bars have no row in symbols`] : [];
    return { kind: 'verified', symbols: found.symbols, bars: found.bars, warnings };
  }
}
