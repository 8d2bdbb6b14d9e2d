import { PipelineError } from '../../../src/core/errors.js';
import { createSampleMarket } from '../sample-market/market.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest, SourceRow } from '../source.js';

/** With the session itself and the one that follows it on a first start, 260: a year and what SMA 200 needs. */
const HISTORY_SESSIONS = 258;

/** The generated market: the same on every machine, so that a new user has something to look at without any data. */
export class SampleSource implements MarketSource {
  readonly id = 'sample';
  readonly title = 'generated sample market';

  constructor(private readonly parts: SourceParts) {}

  async open(request: SourceRequest): Promise<SourceFeed> {
    await assertNoRealData(request);
    const { calendar, config } = this.parts;
    const market = createSampleMarket(calendar, {
      themeSymbols: config.themes.flatMap((theme) => theme.symbols),
      etfSymbols: config.universes.etfCategories.flatMap((category) => category.symbols),
    });
    const { session, firstLoad } = request;
    if (!firstLoad) return { kind: 'rows', rows: toRows(market, session) };
    const from = calendar.previous(session, HISTORY_SESSIONS);
    const earlier = calendar.between(from, calendar.previous(session));
    return {
      kind: 'rows',
      rows: toRows(market, session),
      history: { bars: market.bars(earlier), sessions: earlier.length },
    };
  }
}

function* toRows(
  market: ReturnType<typeof createSampleMarket>,
  session: SourceRequest['session'],
): Generator<SourceRow> {
  const bars = new Map([...market.bars([session])].map((bar) => [bar.symbol, bar]));
  let rowNumber = 0;
  for (const symbol of market.symbols(session)) {
    rowNumber += 1;
    yield { listing: { origin: 'sample', rowNumber, symbol, bar: bars.get(symbol.symbol) ?? null } };
  }
}

/** Invented prices among real ones could cost money: the sample market only goes where there is nothing, or only itself. */
async function assertNoRealData(request: SourceRequest): Promise<void> {
  const { rows } = await request.transaction.client.query(
    `select 1 from symbols where locale is distinct from $1 limit 1`,
    [SAMPLE_LOCALE],
  );
  if (rows.length === 0) return;
  throw new PipelineError(
    'EOD_SOURCE_MISMATCH',
    'this database holds real symbols; the sample market would mix with them',
    {
      hint: 'add --source screener --dir PATH or --source existing, or use another database (--data-dir PATH or DATABASE_URL)',
    },
  );
}

/** Marks the sample market's symbols, so that neither kind of data is ever mixed with the other. */
export const SAMPLE_LOCALE = 'sample';
