import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { COUNT_EXISTING } from '../count-existing.sql.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest } from '../source.js';

/** The host writes `symbols` and `ohlcv_daily` itself: the source only checks that the session is present. */
export class ExistingSource implements MarketSource {
  readonly id = 'existing';
  readonly title = 'bars already in the database';

  constructor(private readonly parts: SourceParts) {}

  /** Before a run is recorded: a schedule looks often, until the host has loaded its bars. */
  async assertAvailable(session: SessionDate): Promise<void> {
    const found = await this.parts.database.db
      .selectFrom('public.ohlcv_daily')
      .select('symbol')
      .where('date', '=', session)
      .limit(1)
      .execute();
    if (found.length === 0)
      throw await this.parts.database.transaction(({ client }) => this.describeAbsence(client, session));
  }

  async open(request: SourceRequest): Promise<SourceFeed> {
    const { client } = request.transaction;
    const found = await COUNT_EXISTING.first(client, { session: request.session });
    if (found === undefined || found.bars === 0) {
      throw await this.describeAbsence(client, request.session);
    }
    const warnings = found.unknown > 0 ? [`${found.unknown} bars have no row in symbols`] : [];
    return { kind: 'verified', symbols: found.symbols, bars: found.bars, warnings };
  }

  private async describeAbsence(client: PoolClient, session: SessionDate): Promise<PipelineError> {
    const newest = (await COUNT_EXISTING.first(client, { session }))?.newest;
    return new PipelineError('EOD_SOURCE_MISSING', `ohlcv_daily has no bars of ${session}`, {
      hint: newest
        ? `its newest session is ${newest}: add --session ${newest}, or load the bars first`
        : 'name the source: --source screener --dir PATH; or load the bars into ohlcv_daily first; `tickstock start` tries it out with a sample market',
    });
  }
}
