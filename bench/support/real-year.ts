import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip, gunzipSync } from 'node:zlib';
import { writeQuotes } from '../../phases/import/record-source.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { scanPrices } from '../../src/securities/actions/scan-prices.js';
import { recordFacts } from '../../src/securities/record-facts.js';
import { classifySecurity } from '../../phases/import/rows/security-type.js';
import type { BarRecord, Listing, SourceQuote, SymbolRecord } from '../../phases/import/source.js';
import { mergeBars, mergeSymbols } from '../../phases/import/write-rows.js';
import type { Phase, PhaseContext, PhaseReport } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Database } from '../../src/db/database.js';
import { runPhase } from '../../test/support/phase-context.js';
import type { SharedData } from './shared-data.js';

/** One session of the year of real bars, as an import reads it. */
export interface RealSession {
  readonly session: SessionDate;
  readonly listings: readonly RealListing[];
}

/** With the year that the newest screener file has, which an import of bars alone does not know. */
type RealListing = Listing & { readonly listingYear: string | null };

type Facts = Pick<SymbolRecord, 'name' | 'exchange' | 'type' | 'sector' | 'industry' | 'country'>;

/** Facts of a symbol in the newest screener file that has it, and its listing year. */
interface Reference {
  readonly facts: Facts;
  readonly listingYear: string | null;
}

/**
 * The sessions of the year of real bars, oldest first.
 *
 * Shape: bars, previous closes and market caps are those of the session; name, exchange, sector and industry are those of the newest
 *        screener day with the symbol, because the bars have none.
 * Edges: symbols delisted before the first screener day have only a ticker. The bars have no percentage, which would distinguish a first
 *        day from a doubled price: a change equal to the price counts as a first day.
 */
export async function* readYear(
  data: SharedData,
  isWanted: (session: SessionDate) => boolean = () => true,
): AsyncGenerator<RealSession> {
  const references = await readReferences(data.screener);
  let [session, listings]: [SessionDate | null, RealListing[]] = [null, []];
  const lines = createInterface({ input: createReadStream(data.bars).pipe(createGunzip()), crlfDelay: Infinity });
  for await (const line of lines) {
    const day = line.slice(0, 10) as SessionDate;
    if (!isWanted(day)) continue;
    const fields = line.split(',');
    if (fields.length !== 6 || fields[0] === 'date') continue;
    if (session !== null && day !== session) {
      yield { session, listings };
      listings = [];
    }
    session = day;
    listings.push(toListing(fields, listings.length + 1, references));
  }
  if (session !== null) yield { session, listings };
}

function toListing(
  fields: readonly string[],
  rowNumber: number,
  references: ReadonlyMap<string, Reference>,
): RealListing {
  const [date = '', symbol = '', closeText = '', changeText = '', volume = '', cap = ''] = fields;
  const session = date as SessionDate;
  const [close, change] = [Number(closeText), Number(changeText)];
  const { facts, listingYear } = references.get(symbol) ?? unknownOf(symbol);
  const isMarked = change === close;
  const isFirstDay = isMarked && (listingYear === null || listingYear === session.slice(0, 4));
  const previous = isMarked ? 0 : Number((close - change).toFixed(6));
  const bar: BarRecord = { symbol, date: session, open: null, high: null, low: null, close, volume: Number(volume) };
  const quote: SourceQuote = { previousClose: previous > 0 ? previous : null, isFirstDay };
  return {
    origin: 'year',
    rowNumber,
    listingYear,
    symbol: {
      symbol,
      ...facts,
      active: true,
      marketCapUsd: Number(cap) || null,
      sharesOutstanding: null,
      listDate: isFirstDay ? session : null,
      delistedDate: null,
      etf: null,
    },
    bar,
    quote,
  };
}

function unknownOf(symbol: string): Reference {
  const type = classifySecurity({ symbol, name: '' });
  return {
    facts: { name: null, exchange: '', type, sector: null, industry: null, country: null },
    listingYear: null,
  };
}

async function readReferences(folder: string): Promise<ReadonlyMap<string, Reference>> {
  const references = new Map<string, Reference>();
  const days = (await readdir(folder)).toSorted().toReversed();
  for (const day of days) {
    for (const file of await readdir(join(folder, day))) {
      const exchange = file.replace(/\..*$/, '').toUpperCase();
      const rows = JSON.parse(gunzipSync(await readFile(join(folder, day, file))).toString()) as Record<
        string,
        string
      >[];
      for (const row of rows) {
        const symbol = toText(row['symbol']) ?? '';
        if (!references.has(symbol)) references.set(symbol, toReference(symbol, exchange, row));
      }
    }
  }
  return references;
}

function toReference(symbol: string, exchange: string, row: Readonly<Record<string, string>>): Reference {
  const name = toText(row['name']);
  return {
    facts: {
      name,
      exchange,
      type: classifySecurity({ symbol, name: name ?? '', exchange }),
      sector: toText(row['sector']),
      industry: toText(row['industry']),
      country: toText(row['country']),
    },
    listingYear: toText(row['ipoyear']),
  };
}

function toText(value: string | undefined): string | null {
  const text = value?.replace(/\s+/g, ' ').trim() ?? '';
  return text === '' ? null : text;
}

/** Imports a session with the statements of the import, in a stored run of its own. */
export async function importRealSession(database: Database, { session, listings }: RealSession): Promise<PhaseReport> {
  return runPhase(new RealImport(database, listings), database, { session });
}

/** The import phase with given rows instead of a source. */
class RealImport implements Phase {
  readonly id = 'import';
  readonly ordinal = 2;
  readonly title = 'Import';
  readonly needs = [];

  constructor(
    private readonly database: Database,
    private readonly listings: readonly Listing[],
  ) {}

  run(context: PhaseContext): Promise<PhaseReport> {
    const { listings } = this;
    return this.database.transaction(async ({ client }) => {
      const symbols = listings.map((listing) => listing.symbol);
      await mergeSymbols(client, symbols, {
        locale: 'us',
        at: new Date(context.clock.now()),
        session: context.session,
        onlyAdd: false,
        hostFacts: 'keep',
      });
      await recordFacts(client, context.session);
      const bars = await mergeBars(
        client,
        listings.flatMap((listing) => listing.bar ?? []),
      );
      await writeQuotes(client, context.session, listings);
      await scanPrices(client, context.session, {
        reuseAfterSessions: 60,
        calendar: new TradingCalendar(),
        at: new Date(context.clock.now()),
      });
      const counters = { symbols: listings.length, bars: listings.length, barsAdded: bars.added };
      const report = { summary: `${listings.length} bars`, changed: true, counters, warnings: [], details: {} };
      await context.completeIn(client, report);
      return report;
    });
  }
}
