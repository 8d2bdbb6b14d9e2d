import { inject, injectable } from 'tsyringe';
import type { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import { formatCount } from '../../src/core/format-count.js';
import type { Phase, PhaseContext, PhaseReport, TaskProgress } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Config } from '../../src/config/schema/index.js';
import { selectCompleted } from '../../src/db/completed.js';
import { forgetScan, scanPrices, skipScans, type ScanResult } from '../../src/securities/actions/scan-prices.js';
import { countActiveSymbols } from '../../src/db/count-active-symbols.js';
import type { Database, Transaction } from '../../src/db/database.js';
import { kyselyOn } from '../../src/db/kysely-on.js';
import { TOKENS } from '../../src/tokens.js';
import { SAMPLE_LOCALE } from '../../src/db/has-sample-market.js';
import { assertUnmixed } from './assert-unmixed.js';
import { collectRows, type CollectedRows } from './collect.js';
import { fitColumns, readColumnLimits, type FittedRows } from './fit-columns.js';
import { IMPORT_EVENTS } from './events.js';
import { recordFacts } from '../../src/securities/record-facts.js';
import { writeQuotes } from './record-source.js';
import type { MarketSource, RejectedRow, SourceFeed } from './source.js';
import { REOPEN_LISTED } from './reopen-listed.sql.js';
import { countMoves, describeImport, describeMoves } from './report.js';
import { OTHER_SOURCES, selectSource, type SourceClass } from './select-source.js';
import { copyBars, mergeBars, mergeSymbols, writeIdentifiers, writeRejectedRows } from './write-rows.js';
import { countBy } from '../../src/core/count-by.js';

/** Refused rows named in the error: enough to see what is wrong with a feed whose rows are all refused. */
const EXAMPLES = 3;
/** Sessions of a history that take as long to write as the session itself takes to read or to merge, for the progress. */
const SESSIONS_AS_LONG_AS_ONE = 15;

/**
 * Phase 2: imports the bars and reference data of one session into `ohlcv_daily` and `symbols`.
 *
 *  1. The configured source opens its feed for the session (`sources/`), unless the database contains data of the other kind, generated or
 *     real (`assert-unmixed.ts`).
 *  2. Its rows are read as a stream and validated one by one, and duplicate symbols are resolved (`screener-row.ts`, `collect.ts`).
 *  3. Too many refused rows mean that the feed is broken: nothing is imported (`import.maxRejectedPct`).
 *  4. Everything is written in one transaction, only where it differs (`write-rows.ts`), including the input of a later recomputation: the
 *     quotes of the source, and the facts of each symbol (`record-source.ts`).
 *
 * A symbol absent from the feed keeps its row and stays active: absence is not a delisting.
 */
@injectable()
export class ImportPhase implements Phase {
  readonly id = 'import';
  readonly ordinal = 2;
  readonly title = 'Import';
  readonly needs = [];
  readonly events = IMPORT_EVENTS;
  private readonly source: MarketSource;

  constructor(
    @inject(TOKENS.database) private readonly database: Database,
    @inject(TOKENS.config) private readonly config: Config,
    @inject(TOKENS.calendar) private readonly calendar: TradingCalendar,
    @inject(OTHER_SOURCES) others: readonly SourceClass[] = [],
  ) {
    this.source = selectSource(config.import.source, { config, calendar, database }, others);
  }

  get publishesAt(): string | undefined {
    return this.source.publishesAt;
  }

  async assertRunnable(session: SessionDate): Promise<void> {
    // Also checked here, so that a user on the wrong database gets this error first, not the one about newer sessions.
    await this.database.transaction(({ client }) => assertUnmixed(client, this.source.id));
    await this.source.assertAvailable?.(session);
  }

  async run(context: PhaseContext): Promise<PhaseReport> {
    let refused: readonly RejectedRow[] = [];
    try {
      return await this.database.transaction(async (transaction) => {
        await assertUnmixed(transaction.client, this.source.id);
        const feed = await this.source.open({
          session: context.session,
          signal: context.signal,
          firstLoad: await this.isFirstLoad(transaction),
          transaction,
        });
        if (feed.kind === 'verified') return this.completeVerified(feed, transaction, context);
        const read = context.progress.startTask('read', 'Reading rows', await this.expectRows(transaction));
        const history = feed.history && {
          ...feed.history,
          task: context.progress.startTask(
            'history',
            'Writing earlier sessions',
            feed.history.sessions,
            Math.max(1, feed.history.sessions / SESSIONS_AS_LONG_AS_ONE),
          ),
        };
        const write = context.progress.startTask('write', 'Writing symbols and bars', 4);
        const rows = fitColumns(
          await collectRows(feed.rows, (count, symbol) => read.advance(count, symbol)),
          await readColumnLimits(transaction.client),
        );
        read.finish();
        refused = rows.rejected;
        this.assertMostlyValid(rows, context.session);
        if (history) {
          await copyBars(transaction.client, history.bars, (date) => history.task.advance(1, date));
          history.task.finish();
          await skipScans(transaction.client, new Date(context.clock.now()));
        }
        return this.write(rows, feed, transaction, context, write);
      }, context.signal);
    } catch (error) {
      if (error instanceof PipelineError && error.code === 'EOD_SOURCE_INVALID')
        await this.keepRefused(refused, context).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.source.close?.();
  }

  private async write(
    rows: FittedRows,
    { history, warnings = [] }: Extract<SourceFeed, { kind: 'rows' }>,
    transaction: Transaction,
    context: PhaseContext,
    task: TaskProgress,
  ): Promise<PhaseReport> {
    const { client } = transaction;
    const isOlder = await this.isOlderThanImported(transaction, context.session);
    const symbols = await mergeSymbols(
      client,
      rows.listings.map((listing) => listing.symbol),
      {
        locale: this.source.id === 'sample' ? SAMPLE_LOCALE : 'us',
        at: new Date(context.clock.now()),
        session: context.session,
        onlyAdd: isOlder,
        hostFacts: this.config.import.hostFacts,
      },
    );
    task.advance(1, 'symbols');
    const bars = await mergeBars(
      client,
      rows.listings.flatMap((listing) => listing.bar ?? []),
    );
    task.advance(1, 'bars');
    await writeQuotes(client, context.session, rows.listings);
    if (!isOlder) {
      await writeIdentifiers(client, rows.listings);
      await recordFacts(client, context.session);
    }
    const moves = await this.comparePrices(transaction, context);
    task.advance(1, 'price moves');
    await writeRejectedRows(client, rows.rejected, this.owner(context));
    task.finish();
    const report = describeImport(rows, { symbols, bars, moves, history: history?.sessions ?? 0, warnings });
    await context.completeIn(client, report);
    return report;
  }

  private async completeVerified(
    feed: Extract<SourceFeed, { kind: 'verified' }>,
    transaction: Transaction,
    context: PhaseContext,
  ): Promise<PhaseReport> {
    const { client } = transaction;
    const { session, clock } = context;
    const isOlder = await this.isOlderThanImported(transaction, session);
    const reopened = isOlder ? 0 : await REOPEN_LISTED.write(client, { session, at: new Date(clock.now()) });
    if (!isOlder) await recordFacts(client, session);
    const moves = await this.comparePrices(transaction, context);
    const report: PhaseReport = {
      summary:
        `${formatCount(feed.bars)} bars of ${formatCount(feed.symbols)} active symbols are in the database` +
        (reopened > 0 ? `, ${formatCount(reopened)} listed again` : '') +
        describeMoves(moves),
      changed: reopened > 0,
      counters: {
        symbols: feed.symbols,
        bars: feed.bars,
        failed: 0,
        rejected: 0,
        symbolsChanged: reopened,
        ...countMoves(moves),
      },
      warnings: feed.warnings,
      details: { source: this.source.id },
    };
    await context.completeIn(client, report);
    return report;
  }

  /** The bars of the session may have been written again: it is compared again. The first time, a year of bars is compared, which takes seconds. */
  private async comparePrices(
    { client }: Transaction,
    { session, clock, progress }: PhaseContext,
  ): Promise<ScanResult> {
    await forgetScan(client, session);
    let task = undefined as TaskProgress | undefined;
    const result = await scanPrices(client, session, {
      calendar: this.calendar,
      reuseAfterSessions: this.config.universes.reuseAfterSessions,
      at: new Date(clock.now()),
      onStart: (sessions) => (task = progress.startTask('compare', 'Comparing prices', Math.max(1, sessions))),
      onSession: (day) => task?.advance(1, day),
    });
    task?.finish();
    return result;
  }

  private assertMostlyValid(rows: CollectedRows, session: SessionDate): void {
    const { maxRejectedPct } = this.config.import;
    const rejectedPct = (100 * rows.rejected.length) / Math.max(rows.read, 1);
    const [invalid] = listInvalidOrigins(rows);
    if (rows.listings.length > 0 && rejectedPct <= maxRejectedPct && invalid === undefined) return;
    const reasons = countBy(rows.rejected.map((row) => row.reason));
    const counts = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`);
    const examples = rows.rejected
      .slice(0, EXAMPLES)
      .map(({ origin, rowNumber, detail }) => `row ${rowNumber} of ${origin}: ${detail}`);
    throw new PipelineError(
      'EOD_SOURCE_INVALID',
      rejectedPct > maxRejectedPct || invalid === undefined
        ? `${rows.rejected.length} of ${rows.read} rows of ${session} are not valid: more than ${maxRejectedPct} % (${counts.join(', ')})`
        : `no row of ${invalid} of ${session} is valid (${counts.join(', ')})`,
      {
        hint: `nothing was imported; the refused rows are in pipeline.rejected_row, the first: ${examples.join(' | ')}`,
        context: { rejectedByReason: reasons, examples },
      },
    );
  }

  /** The refused rows of a failed import are needed to find the reason: they are kept if possible, although nothing else is. */
  private async keepRefused(refused: readonly RejectedRow[], context: PhaseContext): Promise<void> {
    if (refused.length === 0) return;
    await this.database.transaction(async ({ client }) => {
      await context.assertOwner(client);
      await writeRejectedRows(client, refused, this.owner(context));
    });
  }

  private owner(context: PhaseContext) {
    return { session: context.session, source: this.source.id, runId: context.runId };
  }

  private async isFirstLoad({ client }: Transaction): Promise<boolean> {
    const bars = await kyselyOn(client).selectFrom('public.ohlcv_daily').select('symbol').limit(1).execute();
    return bars.length === 0;
  }

  /** Expected number of rows: the number of symbols, or that of a whole market the first time. */
  private async expectRows({ client }: Transaction): Promise<number> {
    return (await countActiveSymbols(kyselyOn(client))) || 7000;
  }

  private async isOlderThanImported({ client }: Transaction, session: SessionDate): Promise<boolean> {
    const newer = await selectCompleted(kyselyOn(client), this.id).where('session', '>', session).limit(1).execute();
    return newer.length > 0;
  }
}

/** Files with rows of which none is valid: an error page has a row or two, too few to count. */
function listInvalidOrigins({ listings, rejected }: CollectedRows): string[] {
  const valid = new Set(listings.map(({ origin }) => origin));
  for (const { origin, reason } of rejected) if (reason === 'SYMBOL_DUPLICATE') valid.add(origin);
  return [...new Set(rejected.map(({ origin }) => origin))].filter((origin) => !valid.has(origin));
}
