import { PipelineError } from '../../../src/core/errors.js';
import { isMapping } from '../../../src/core/is-mapping.js';
import { parseSessionDate, type SessionDate } from '../../../src/core/session.js';
import type { Transaction } from '../../../src/db/database.js';
import { MassiveApi, type RawRow } from '../massive/api.js';
import { needsDetails, type KnownSymbol } from '../massive/choose-details.js';
import { MassiveClient } from '../massive/client.js';
import { READ_KNOWN } from '../massive/read-known.sql.js';
import { createSicSectors } from '../massive/sic-sectors.js';
import { readTicker, toDelistedListing, toListing, toRejected, type TickerFacts } from '../massive/to-listing.js';
import { Refusal } from '../rows/row-values.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest, SourceRow } from '../source.js';

/** Details that are asked before their row is needed: the calls of a page overlap, and no more than that is in memory. */
const AHEAD = 200;
/** A delisting may become known weeks after its day. */
const DELISTED_SESSIONS = 40;
/** Sessions are counted from here. */
const FIRST_SESSION = parseSessionDate('2001-01-02');
/** An HTTP client may wait for the answer. */
const PROBE_TIMEOUT_MS = 1500;

type Bars = ReadonlyMap<string, RawRow>;

interface SessionData {
  readonly session: SessionDate;
  /** Consecutive sessions have consecutive numbers. */
  readonly ordinal: number;
  readonly bars: Bars;
  readonly previous: Bars;
  readonly splits: ReadonlyMap<string, number>;
  readonly dividends: ReadonlyMap<string, number>;
  readonly known: ReadonlyMap<string, KnownSymbol>;
}

/**
 * The REST API of Massive, formerly Polygon: bars as traded, reference data, splits and dividends of a session, and the details of stocks that
 * are new, changed or due (`choose-details.ts`). About twenty calls an evening and one for each of these stocks.
 */
export class MassiveSource implements MarketSource {
  readonly id = 'massive';
  readonly title = 'Massive';
  readonly publishesAt = '20:30';
  private readonly client: MassiveClient;
  private readonly api: MassiveApi;
  private readonly sectorOf: (sicCode: string | null) => string | null;
  /** The bars that were read last: those of the session before, when sessions are imported in order. */
  private newest: { readonly session: SessionDate; readonly bars: Bars } | undefined;

  constructor(private readonly parts: SourceParts) {
    this.client = new MassiveClient(parts.config.import.massive);
    this.api = new MassiveApi(this.client);
    this.sectorOf = createSicSectors(parts.config.sic);
  }

  /** Where the API does not answer in time, the run finds out. */
  async assertAvailable(session: SessionDate): Promise<void> {
    this.client.assertKey();
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const found = await this.api.hasSession(session, signal).catch((error: unknown) => {
      if (signal.aborted) return true;
      throw error;
    });
    if (!found) throw missing(session);
  }

  async open({ session, signal, transaction }: SourceRequest): Promise<SourceFeed> {
    const { calendar } = this.parts;
    const before = calendar.previous(session);
    const known = await readKnown(transaction);
    const [splits, dividends, previous] = await Promise.all([
      this.api.splits(session, signal),
      this.api.dividends(session, signal),
      this.newest?.session === before ? this.newest.bars : this.api.bars(before, signal),
    ]);
    const bars = await this.api.bars(session, signal);
    if (bars.size === 0) throw missing(session);
    this.newest = { session, bars };
    const ordinal = calendar.between(FIRST_SESSION, session).length;
    return {
      kind: 'rows',
      rows: this.readRows({ session, ordinal, bars, previous, splits, dividends, known }, signal),
    };
  }

  close(): Promise<void> {
    this.client.close();
    return Promise.resolve();
  }

  /** Rows in the order of their tickers, each as soon as its details are there. */
  private async *readRows(data: SessionData, signal: AbortSignal): AsyncGenerator<SourceRow> {
    const active = new Set<string>();
    const waiting: Promise<SourceRow>[] = [];
    const ended = new AbortController();
    const calls = AbortSignal.any([signal, ended.signal]);
    let rowNumber = 0;
    try {
      for await (const raw of this.api.tickers(data.session, signal)) {
        rowNumber += 1;
        const row = this.readRow(raw, rowNumber, data, { active, signal: calls });
        // Its error is met where the row is awaited, or not at all after an earlier one.
        row.catch(() => undefined);
        waiting.push(row);
        if (waiting.length > AHEAD) yield await (waiting.shift() as Promise<SourceRow>);
      }
      for (const row of waiting) yield await row;
    } finally {
      // After a failure the calls that are under way would retry for minutes.
      ended.abort();
    }
    yield* this.readDelisted(data.session, active, signal);
  }

  private async readRow(
    raw: unknown,
    rowNumber: number,
    data: SessionData,
    { active, signal }: { readonly active: Set<string>; readonly signal: AbortSignal },
  ): Promise<SourceRow> {
    try {
      if (!isMapping(raw)) throw new Refusal('NOT_A_ROW', 'a ticker is an object');
      const facts = readTicker(raw);
      active.add(facts.symbol);
      const ticker = String(raw['ticker']);
      const { session } = data;
      const details = this.isDue(facts, ticker, data) ? await this.api.details(ticker, session, signal) : null;
      const of = {
        session,
        rowNumber,
        maxPriceUsd: this.parts.config.import.maxPriceUsd,
        bar: data.bars.get(ticker),
        previous: data.previous.get(ticker),
        splitRatio: data.splits.get(ticker) ?? 1,
        dividendUsd: data.dividends.get(ticker) ?? 0,
        knownListDate: data.known.get(facts.symbol)?.listDate ?? null,
      };
      return { listing: toListing(raw, facts, details, of, this.sectorOf) };
    } catch (error) {
      return { rejected: toRejected(raw, rowNumber, error) };
    }
  }

  private isDue(facts: TickerFacts, ticker: string, { ordinal, known, splits }: SessionData): boolean {
    const every = this.parts.config.import.massive.detailsEverySessions;
    return needsDetails(facts, known.get(facts.symbol), { ordinal, every, splits: splits.has(ticker) });
  }

  /** Not of a ticker that another security has now. */
  private async *readDelisted(
    session: SessionDate,
    active: ReadonlySet<string>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceRow> {
    const { calendar } = this.parts;
    const since = calendar.previous(session, DELISTED_SESSIONS);
    const seen = new Set<string>();
    for await (const raw of this.api.delisted(since, session, signal)) {
      const rowNumber = seen.size + 1;
      try {
        const listing = toDelistedListing(raw, rowNumber);
        const { symbol } = listing.symbol;
        // The newest is the first.
        if (active.has(symbol) || seen.has(symbol)) continue;
        seen.add(symbol);
        yield { listing };
      } catch (error) {
        yield { rejected: toRejected(raw, rowNumber, error) };
      }
    }
  }
}

async function readKnown({ client }: Transaction): Promise<ReadonlyMap<string, KnownSymbol>> {
  const rows = await READ_KNOWN.rows(client, {});
  return new Map(
    rows.map(({ symbol, figi, list_date: listDate, has_details: hasDetails }) => [
      symbol,
      { figi, listDate, hasDetails },
    ]),
  );
}

function missing(session: SessionDate): PipelineError {
  return new PipelineError('EOD_SOURCE_MISSING', `Massive has no bars of ${session}`, {
    hint: 'bars of a session are there some hours after its close: run again later, or add --session with an earlier one',
  });
}
