import { createSampleMarket, SAMPLE_EPOCH } from '../sample-market/market.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest, SourceRow } from '../source.js';

/** With the session itself and the one that follows it on a first start, 260: a year, and enough for SMA 200. */
const HISTORY_SESSIONS = 258;

/** The generated market: the same on every machine, so that the product can be tried without any data. */
export class SampleSource implements MarketSource {
  readonly id = 'sample';
  readonly title = 'generated sample market';

  constructor(private readonly parts: SourceParts) {}

  open(request: SourceRequest): Promise<SourceFeed> {
    const { calendar, config } = this.parts;
    const market = createSampleMarket(calendar, {
      themeSymbols: config.themes.flatMap((theme) => theme.symbols),
      etfSymbols: config.universes.etfCategories.flatMap((category) => category.symbols),
    });
    const { session, firstLoad } = request;
    if (!firstLoad) return Promise.resolve({ kind: 'rows', rows: toRows(market, session) });
    const yearAgo = calendar.previous(session, HISTORY_SESSIONS);
    const earlier = calendar.between(yearAgo > SAMPLE_EPOCH ? yearAgo : SAMPLE_EPOCH, calendar.previous(session));
    return Promise.resolve({
      kind: 'rows',
      rows: toRows(market, session),
      history: { bars: market.bars(earlier), sessions: earlier.length },
    });
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
