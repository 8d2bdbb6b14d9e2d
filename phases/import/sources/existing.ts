import { PipelineError } from '../../../src/core/errors.js';
import { COUNT_EXISTING } from '../count-existing.sql.js';
import type { MarketSource, SourceFeed, SourceRequest } from '../source.js';

/** The host writes `symbols` and `ohlcv_daily` itself: the source only checks that the session is present. */
export class ExistingSource implements MarketSource {
  readonly id = 'existing';
  readonly title = 'bars already in the database';

  async open(request: SourceRequest): Promise<SourceFeed> {
    const { client } = request.transaction;
    const found = await COUNT_EXISTING.first(client, { session: request.session });
    if (found === undefined || found.bars === 0) {
      throw new PipelineError('EOD_SOURCE_MISSING', `ohlcv_daily has no bars of ${request.session}`, {
        hint: found?.newest
          ? `its newest session is ${found.newest}: add --session ${found.newest}, or load the bars first`
          : 'name the source: --source screener --dir PATH; or load the bars into ohlcv_daily first; `tickstock start` tries it out with a sample market',
      });
    }
    const warnings = found.unknown > 0 ? [`${found.unknown} bars have no row in symbols`] : [];
    return { kind: 'verified', symbols: found.symbols, bars: found.bars, warnings };
  }
}
